
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'mq' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'mq'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'mq' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('console-consumer', 'console-consumer', [CompletionResultType]::ParameterValue, 'Read data from Kafka topics and output it to standard output')
            [CompletionResult]::new('console-producer', 'console-producer', [CompletionResultType]::ParameterValue, 'Read data from standard input and publish it to Kafka')
            [CompletionResult]::new('consumer-groups', 'consumer-groups', [CompletionResultType]::ParameterValue, 'List, describe and delete consumer groups, and reset their offsets')
            [CompletionResult]::new('dump-log', 'dump-log', [CompletionResultType]::ParameterValue, 'Print what the files of a log directory hold')
            [CompletionResult]::new('dump-offsets', 'dump-offsets', [CompletionResultType]::ParameterValue, 'Print the committed offsets in __consumer_offsets and stop at its end')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write completions, manual pages, sample files or links for scripts'' names')
            [CompletionResult]::new('get-offsets', 'get-offsets', [CompletionResultType]::ParameterValue, 'Print offsets of partitions: earliest, latest, or by time')
            [CompletionResult]::new('server-start', 'server-start', [CompletionResultType]::ParameterValue, 'Run a node: broker, controller or both')
            [CompletionResult]::new('topics', 'topics', [CompletionResultType]::ParameterValue, 'Create, delete, describe, or change a topic')
            break
        }
        'mq;console-consumer' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the consumer')
            [CompletionResult]::new('--command-property', '--command-property', [CompletionResultType]::ParameterName, 'A property of the consumer; may be given several times and wins over the file')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic to read')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Read every topic whose whole name matches this regular expression')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Read this partition alone')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Where to begin in the partition: a number, earliest or latest')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'The group to read as; without it a group of its own that commits nothing')
            [CompletionResult]::new('--isolation-level', '--isolation-level', [CompletionResultType]::ParameterName, 'read_committed leaves out records of transactions that were not committed')
            [CompletionResult]::new('--max-messages', '--max-messages', [CompletionResultType]::ParameterName, 'Stop after this many records')
            [CompletionResult]::new('--timeout-ms', '--timeout-ms', [CompletionResultType]::ParameterName, 'Stop when no record came for this long')
            [CompletionResult]::new('--formatter-property', '--formatter-property', [CompletionResultType]::ParameterName, 'How records are printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer; may be given several times')
            [CompletionResult]::new('--formatter-config', '--formatter-config', [CompletionResultType]::ParameterName, 'File of such properties')
            [CompletionResult]::new('--formatter', '--formatter', [CompletionResultType]::ParameterName, 'Class that prints records')
            [CompletionResult]::new('--key-deserializer', '--key-deserializer', [CompletionResultType]::ParameterName, 'Class that turns keys into text')
            [CompletionResult]::new('--value-deserializer', '--value-deserializer', [CompletionResultType]::ParameterName, 'Class that turns values into text')
            [CompletionResult]::new('--blacklist', '--blacklist', [CompletionResultType]::ParameterName, 'blacklist')
            [CompletionResult]::new('--metrics-dir', '--metrics-dir', [CompletionResultType]::ParameterName, 'metrics-dir')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('--from-beginning', '--from-beginning', [CompletionResultType]::ParameterName, 'Begin at the first record where the group has no committed offset')
            [CompletionResult]::new('--until-end', '--until-end', [CompletionResultType]::ParameterName, 'Stop at the end that the log has now')
            [CompletionResult]::new('--skip-message-on-error', '--skip-message-on-error', [CompletionResultType]::ParameterName, 'Pass over a record that cannot be printed')
            [CompletionResult]::new('--enable-systest-events', '--enable-systest-events', [CompletionResultType]::ParameterName, 'Print a line when the consumer ends, for Kafka''s own system tests')
            [CompletionResult]::new('--delete-consumer-offsets', '--delete-consumer-offsets', [CompletionResultType]::ParameterName, 'delete-consumer-offsets')
            [CompletionResult]::new('--csv-reporter-enabled', '--csv-reporter-enabled', [CompletionResultType]::ParameterName, 'csv-reporter-enabled')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mq;console-producer' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the producer')
            [CompletionResult]::new('--command-property', '--command-property', [CompletionResultType]::ParameterName, 'A property of the producer; may be given several times and wins over the file')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic to write to')
            [CompletionResult]::new('--compression-codec', '--compression-codec', [CompletionResultType]::ParameterName, 'Codec of the batches: none, gzip, snappy, lz4 or zstd; gzip where no name follows')
            [CompletionResult]::new('--reader-property', '--reader-property', [CompletionResultType]::ParameterName, 'How lines become records: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error; may be given several times')
            [CompletionResult]::new('--reader-config', '--reader-config', [CompletionResultType]::ParameterName, 'File of such properties')
            [CompletionResult]::new('--line-reader', '--line-reader', [CompletionResultType]::ParameterName, 'Class that reads lines; LineMessageReader is the one there is')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'batch.size in bytes [default: 16384]')
            [CompletionResult]::new('--max-partition-memory-bytes', '--max-partition-memory-bytes', [CompletionResultType]::ParameterName, 'The same under its old name, which wins')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'linger.ms: how long a batch waits for more records [default: 1000]')
            [CompletionResult]::new('--request-required-acks', '--request-required-acks', [CompletionResultType]::ParameterName, 'acks: 0, 1 or -1 (all) [default: -1]')
            [CompletionResult]::new('--request-timeout-ms', '--request-timeout-ms', [CompletionResultType]::ParameterName, 'request.timeout.ms [default: 1500]')
            [CompletionResult]::new('--message-send-max-retries', '--message-send-max-retries', [CompletionResultType]::ParameterName, 'retries [default: 3]')
            [CompletionResult]::new('--retry-backoff-ms', '--retry-backoff-ms', [CompletionResultType]::ParameterName, 'retry.backoff.ms [default: 100]')
            [CompletionResult]::new('--socket-buffer-size', '--socket-buffer-size', [CompletionResultType]::ParameterName, 'send.buffer.bytes [default: 102400]')
            [CompletionResult]::new('--max-memory-bytes', '--max-memory-bytes', [CompletionResultType]::ParameterName, 'buffer.memory in bytes [default: 33554432]')
            [CompletionResult]::new('--metadata-expiry-ms', '--metadata-expiry-ms', [CompletionResultType]::ParameterName, 'metadata.max.age.ms [default: 300000]')
            [CompletionResult]::new('--max-block-ms', '--max-block-ms', [CompletionResultType]::ParameterName, 'max.block.ms: how long a record waits for metadata or memory [default: 60000]')
            [CompletionResult]::new('--queue-size', '--queue-size', [CompletionResultType]::ParameterName, 'queue-size')
            [CompletionResult]::new('--queue-enqueuetimeout-ms', '--queue-enqueuetimeout-ms', [CompletionResultType]::ParameterName, 'queue-enqueuetimeout-ms')
            [CompletionResult]::new('--value-serializer', '--value-serializer', [CompletionResultType]::ParameterName, 'value-serializer')
            [CompletionResult]::new('--key-serializer', '--key-serializer', [CompletionResultType]::ParameterName, 'key-serializer')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('--sync', '--sync', [CompletionResultType]::ParameterName, 'Send one record at a time and wait for its result')
            [CompletionResult]::new('--old-producer', '--old-producer', [CompletionResultType]::ParameterName, 'old-producer')
            [CompletionResult]::new('--new-producer', '--new-producer', [CompletionResultType]::ParameterName, 'new-producer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mq;consumer-groups' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the client')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the command may take in all, in milliseconds')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [default: table on a terminal, else text as Kafka''s scripts print it]')
            [CompletionResult]::new('--validate-regex', '--validate-regex', [CompletionResultType]::ParameterName, 'Say whether a regular expression is one that groups can subscribe by')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'The group; may be given several times')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic, or topic:0,1,2 for some of its partitions; may be given several times')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Describe the state; with --list, show it or list only groups in these states')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'With --list, show the type or list only groups of these types')
            [CompletionResult]::new('--to-offset', '--to-offset', [CompletionResultType]::ParameterName, 'Reset to this offset')
            [CompletionResult]::new('--from-file', '--from-file', [CompletionResultType]::ParameterName, 'Reset to the offsets of a file of group,topic,partition,offset or topic,partition,offset')
            [CompletionResult]::new('--to-datetime', '--to-datetime', [CompletionResultType]::ParameterName, 'Reset to the first record at or after this time: YYYY-MM-DDThh:mm:ss.sss')
            [CompletionResult]::new('--by-duration', '--by-duration', [CompletionResultType]::ParameterName, 'Reset to the first record of the last while: PnDTnHnMnS')
            [CompletionResult]::new('--shift-by', '--shift-by', [CompletionResultType]::ParameterName, 'Move the current offsets by this number, which may be negative')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List all consumer groups')
            [CompletionResult]::new('--describe', '--describe', [CompletionResultType]::ParameterName, 'Describe groups: offsets and lag, or --members, or --state')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete groups without members, and their offsets')
            [CompletionResult]::new('--reset-offsets', '--reset-offsets', [CompletionResultType]::ParameterName, 'Set the offsets of groups without members anew; --dry-run shows what would be done')
            [CompletionResult]::new('--delete-offsets', '--delete-offsets', [CompletionResultType]::ParameterName, 'Delete the offsets of a group for topics that it does not read now')
            [CompletionResult]::new('--all-groups', '--all-groups', [CompletionResultType]::ParameterName, 'All groups')
            [CompletionResult]::new('--all-topics', '--all-topics', [CompletionResultType]::ParameterName, 'All topics for which the group has offsets')
            [CompletionResult]::new('--offsets', '--offsets', [CompletionResultType]::ParameterName, 'Describe offsets and lag, which is the default')
            [CompletionResult]::new('--members', '--members', [CompletionResultType]::ParameterName, 'Describe the members')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Describe in more detail')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be reset and do nothing')
            [CompletionResult]::new('--execute', '--execute', [CompletionResultType]::ParameterName, 'Do reset')
            [CompletionResult]::new('--export', '--export', [CompletionResultType]::ParameterName, 'Print what is reset as values with commas between them, as --from-file reads them')
            [CompletionResult]::new('--to-earliest', '--to-earliest', [CompletionResultType]::ParameterName, 'Reset to the earliest offsets')
            [CompletionResult]::new('--to-latest', '--to-latest', [CompletionResultType]::ParameterName, 'Reset to the latest offsets')
            [CompletionResult]::new('--to-current', '--to-current', [CompletionResultType]::ParameterName, 'Reset to the current offsets')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mq;dump-log' {
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'The comma separated list of data and index log files to be dumped')
            [CompletionResult]::new('--max-message-size', '--max-message-size', [CompletionResultType]::ParameterName, 'Size of the largest message')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Read no more than this many bytes of each log file, in whole batches')
            [CompletionResult]::new('--key-decoder-class', '--key-decoder-class', [CompletionResultType]::ParameterName, 'Decode keys with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api')
            [CompletionResult]::new('--value-decoder-class', '--value-decoder-class', [CompletionResultType]::ParameterName, 'Decode values with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api')
            [CompletionResult]::new('--print-data-log', '--print-data-log', [CompletionResultType]::ParameterName, 'Print the contents of the messages when dumping data logs. Set by itself if any decoder option is given')
            [CompletionResult]::new('--deep-iteration', '--deep-iteration', [CompletionResultType]::ParameterName, 'Use deep instead of shallow iteration. Set by itself if print-data-log is')
            [CompletionResult]::new('--verify-index-only', '--verify-index-only', [CompletionResultType]::ParameterName, 'Just verify the index against its log without printing its content')
            [CompletionResult]::new('--index-sanity-check', '--index-sanity-check', [CompletionResultType]::ParameterName, 'Just check the sanity of the index without printing its content: the check that a broker makes when it starts')
            [CompletionResult]::new('--skip-record-metadata', '--skip-record-metadata', [CompletionResultType]::ParameterName, 'Skip metadata when printing records. This also skips control records')
            [CompletionResult]::new('--offsets-decoder', '--offsets-decoder', [CompletionResultType]::ParameterName, 'Read log data as offset data from the __consumer_offsets topic')
            [CompletionResult]::new('--transaction-log-decoder', '--transaction-log-decoder', [CompletionResultType]::ParameterName, 'Read log data as transaction metadata from the __transaction_state topic')
            [CompletionResult]::new('--cluster-metadata-decoder', '--cluster-metadata-decoder', [CompletionResultType]::ParameterName, 'Read log data as cluster metadata records')
            [CompletionResult]::new('--remote-log-metadata-decoder', '--remote-log-metadata-decoder', [CompletionResultType]::ParameterName, 'Read log data as metadata records of the TopicBasedRemoteLogMetadataManager')
            [CompletionResult]::new('--share-group-state-decoder', '--share-group-state-decoder', [CompletionResultType]::ParameterName, 'Read log data as share group state data from the __share_group_state topic')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mq;dump-offsets' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the client')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the command may take in all, in milliseconds')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'Read these files instead of asking a broker: log directories, directories of single partitions, or .log files')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Print only what this group committed')
            [CompletionResult]::new('--formatter', '--formatter', [CompletionResultType]::ParameterName, 'Print the text of this class of Kafka [default: that of 3.9''s OffsetsMessageFormatter]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [default: table on a terminal, else text; text with --formatter]')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mq;generate' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mq;get-offsets' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the client')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the command may take in all, in milliseconds')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [default: table on a terminal, else text as Kafka''s scripts print it]')
            [CompletionResult]::new('--topic-partitions', '--topic-partitions', [CompletionResultType]::ParameterName, 'Topics and partitions: topic:0, topic:0-3 (without 3), topic:5-, topic:-3, topic or :0, with commas between them; the topic is a regular expression')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic, or a regular expression; all topics where it is left out')
            [CompletionResult]::new('--partitions', '--partitions', [CompletionResultType]::ParameterName, 'Numbers of partitions with commas between them; all partitions where it is left out')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'Which offset: latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6), or of the first record since a time in milliseconds')
            [CompletionResult]::new('--offsets', '--offsets', [CompletionResultType]::ParameterName, 'offsets')
            [CompletionResult]::new('--max-wait-ms', '--max-wait-ms', [CompletionResultType]::ParameterName, 'max-wait-ms')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('--exclude-internal-topics', '--exclude-internal-topics', [CompletionResultType]::ParameterName, 'Leave out the topics that belong to the brokers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mq;server-start' {
            [CompletionResult]::new('--override', '--override', [CompletionResultType]::ParameterName, 'Sets a property over the file''s')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mq;topics' {
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]')
            [CompletionResult]::new('--broker-list', '--broker-list', [CompletionResultType]::ParameterName, 'broker-list')
            [CompletionResult]::new('--zookeeper', '--zookeeper', [CompletionResultType]::ParameterName, 'zookeeper')
            [CompletionResult]::new('--command-config', '--command-config', [CompletionResultType]::ParameterName, 'File of properties for the client')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the command may take in all, in milliseconds')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [default: table on a terminal, else text as Kafka''s scripts print it]')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic; but for --create also a regular expression, with a backslash before a dot that is meant')
            [CompletionResult]::new('--topic-id', '--topic-id', [CompletionResultType]::ParameterName, 'The id of the topic to describe')
            [CompletionResult]::new('--partitions', '--partitions', [CompletionResultType]::ParameterName, 'Number of partitions; when a topic with keys gets more of them, keys move to other partitions')
            [CompletionResult]::new('--replication-factor', '--replication-factor', [CompletionResultType]::ParameterName, 'Number of replicas of each partition of a new topic')
            [CompletionResult]::new('--replica-assignment', '--replica-assignment', [CompletionResultType]::ParameterName, 'Brokers of each partition, the preferred leader first: broker:broker,broker:broker')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'A setting of a new topic; may be given several times')
            [CompletionResult]::new('--delete-config', '--delete-config', [CompletionResultType]::ParameterName, 'No longer supported; the configs tool returns a setting to its default')
            [CompletionResult]::new('--partition-size-limit-per-response', '--partition-size-limit-per-response', [CompletionResultType]::ParameterName, 'Most partitions in one answer of the broker')
            [CompletionResult]::new('--new-consumer', '--new-consumer', [CompletionResultType]::ParameterName, 'new-consumer')
            [CompletionResult]::new('--create', '--create', [CompletionResultType]::ParameterName, 'Create a topic')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List all topics')
            [CompletionResult]::new('--describe', '--describe', [CompletionResultType]::ParameterName, 'Show the partitions and settings of topics')
            [CompletionResult]::new('--alter', '--alter', [CompletionResultType]::ParameterName, 'Give a topic more partitions (settings are changed by the configs tool)')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete topics')
            [CompletionResult]::new('--if-exists', '--if-exists', [CompletionResultType]::ParameterName, 'Do nothing where the topic does not exist')
            [CompletionResult]::new('--if-not-exists', '--if-not-exists', [CompletionResultType]::ParameterName, 'Do nothing where the topic exists')
            [CompletionResult]::new('--exclude-internal', '--exclude-internal', [CompletionResultType]::ParameterName, 'Leave out the topics that belong to the brokers')
            [CompletionResult]::new('--topics-with-overrides', '--topics-with-overrides', [CompletionResultType]::ParameterName, 'Describe only topics that have settings of their own')
            [CompletionResult]::new('--unavailable-partitions', '--unavailable-partitions', [CompletionResultType]::ParameterName, 'Describe only partitions without a leader that lives')
            [CompletionResult]::new('--under-replicated-partitions', '--under-replicated-partitions', [CompletionResultType]::ParameterName, 'Describe only partitions with replicas that are not in sync')
            [CompletionResult]::new('--under-min-isr-partitions', '--under-min-isr-partitions', [CompletionResultType]::ParameterName, 'Describe only partitions with fewer replicas in sync than min.insync.replicas')
            [CompletionResult]::new('--at-min-isr-partitions', '--at-min-isr-partitions', [CompletionResultType]::ParameterName, 'Describe only partitions with just min.insync.replicas replicas in sync')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
