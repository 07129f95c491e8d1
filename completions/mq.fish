# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mq_global_optspecs
    string join \n h/help V/version
end

function __fish_mq_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mq_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mq_using_subcommand
    set -l cmd (__fish_mq_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mq -n "__fish_mq_needs_command" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_needs_command" -s V -l version -d 'Print version'
complete -c mq -n "__fish_mq_needs_command" -f -a "console-consumer" -d 'Read data from Kafka topics and output it to standard output'
complete -c mq -n "__fish_mq_needs_command" -f -a "console-producer" -d 'Read data from standard input and publish it to Kafka'
complete -c mq -n "__fish_mq_needs_command" -f -a "consumer-groups" -d 'List, describe and delete consumer groups, and reset their offsets'
complete -c mq -n "__fish_mq_needs_command" -f -a "dump-log" -d 'Print what the files of a log directory hold'
complete -c mq -n "__fish_mq_needs_command" -f -a "dump-offsets" -d 'Print the committed offsets in __consumer_offsets and stop at its end'
complete -c mq -n "__fish_mq_needs_command" -f -a "generate" -d 'Write completions, manual pages, sample files or links for scripts\' names'
complete -c mq -n "__fish_mq_needs_command" -f -a "get-offsets" -d 'Print offsets of partitions: earliest, latest, or by time'
complete -c mq -n "__fish_mq_needs_command" -f -a "server-start" -d 'Run a node: broker, controller or both'
complete -c mq -n "__fish_mq_needs_command" -f -a "topics" -d 'Create, delete, describe, or change a topic'
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l command-config -d 'File of properties for the consumer' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l command-property -d 'A property of the consumer; may be given several times and wins over the file' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l topic -d 'The topic to read' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l include -d 'Read every topic whose whole name matches this regular expression' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l partition -d 'Read this partition alone' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l offset -d 'Where to begin in the partition: a number, earliest or latest' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l group -d 'The group to read as; without it a group of its own that commits nothing' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l isolation-level -d 'read_committed leaves out records of transactions that were not committed' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l max-messages -d 'Stop after this many records' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l timeout-ms -d 'Stop when no record came for this long' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l formatter-property -d 'How records are printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer; may be given several times' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l formatter-config -d 'File of such properties' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l formatter -d 'Class that prints records' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l key-deserializer -d 'Class that turns keys into text' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l value-deserializer -d 'Class that turns values into text' -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l blacklist -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l metrics-dir -r
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l from-beginning -d 'Begin at the first record where the group has no committed offset'
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l until-end -d 'Stop at the end that the log has now'
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l skip-message-on-error -d 'Pass over a record that cannot be printed'
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l enable-systest-events -d 'Print a line when the consumer ends, for Kafka\'s own system tests'
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l delete-consumer-offsets
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -l csv-reporter-enabled
complete -c mq -n "__fish_mq_using_subcommand console-consumer" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l command-config -d 'File of properties for the producer' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l command-property -d 'A property of the producer; may be given several times and wins over the file' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l topic -d 'The topic to write to' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l compression-codec -d 'Codec of the batches: none, gzip, snappy, lz4 or zstd; gzip where no name follows' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l reader-property -d 'How lines become records: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error; may be given several times' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l reader-config -d 'File of such properties' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l line-reader -d 'Class that reads lines; LineMessageReader is the one there is' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l batch-size -d 'batch.size in bytes [default: 16384]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l max-partition-memory-bytes -d 'The same under its old name, which wins' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l timeout -d 'linger.ms: how long a batch waits for more records [default: 1000]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l request-required-acks -d 'acks: 0, 1 or -1 (all) [default: -1]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l request-timeout-ms -d 'request.timeout.ms [default: 1500]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l message-send-max-retries -d 'retries [default: 3]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l retry-backoff-ms -d 'retry.backoff.ms [default: 100]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l socket-buffer-size -d 'send.buffer.bytes [default: 102400]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l max-memory-bytes -d 'buffer.memory in bytes [default: 33554432]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l metadata-expiry-ms -d 'metadata.max.age.ms [default: 300000]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l max-block-ms -d 'max.block.ms: how long a record waits for metadata or memory [default: 60000]' -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l queue-size -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l queue-enqueuetimeout-ms -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l value-serializer -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l key-serializer -r
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l sync -d 'Send one record at a time and wait for its result'
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l old-producer
complete -c mq -n "__fish_mq_using_subcommand console-producer" -l new-producer
complete -c mq -n "__fish_mq_using_subcommand console-producer" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l command-config -d 'File of properties for the client' -r -F
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l timeout -d 'How long the command may take in all, in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l output -d 'Form of the output [default: table on a terminal, else text as Kafka\'s scripts print it]' -r -f -a "text\t'Kafka\'s own lines'
table\t'A table'
json\t'JSON'
csv\t'Values with commas between them, with a line of names'
yaml\t'YAML'"
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l validate-regex -d 'Say whether a regular expression is one that groups can subscribe by' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l group -d 'The group; may be given several times' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l topic -d 'The topic, or topic:0,1,2 for some of its partitions; may be given several times' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l state -d 'Describe the state; with --list, show it or list only groups in these states' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l type -d 'With --list, show the type or list only groups of these types' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l to-offset -d 'Reset to this offset' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l from-file -d 'Reset to the offsets of a file of group,topic,partition,offset or topic,partition,offset' -r -F
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l to-datetime -d 'Reset to the first record at or after this time: YYYY-MM-DDThh:mm:ss.sss' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l by-duration -d 'Reset to the first record of the last while: PnDTnHnMnS' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l shift-by -d 'Move the current offsets by this number, which may be negative' -r
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l list -d 'List all consumer groups'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l describe -d 'Describe groups: offsets and lag, or --members, or --state'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l delete -d 'Delete groups without members, and their offsets'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l reset-offsets -d 'Set the offsets of groups without members anew; --dry-run shows what would be done'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l delete-offsets -d 'Delete the offsets of a group for topics that it does not read now'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l all-groups -d 'All groups'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l all-topics -d 'All topics for which the group has offsets'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l offsets -d 'Describe offsets and lag, which is the default'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l members -d 'Describe the members'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l verbose -d 'Describe in more detail'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l dry-run -d 'Show what would be reset and do nothing'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l execute -d 'Do reset'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l export -d 'Print what is reset as values with commas between them, as --from-file reads them'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l to-earliest -d 'Reset to the earliest offsets'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l to-latest -d 'Reset to the latest offsets'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -l to-current -d 'Reset to the current offsets'
complete -c mq -n "__fish_mq_using_subcommand consumer-groups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l files -d 'The comma separated list of data and index log files to be dumped' -r -F
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l max-message-size -d 'Size of the largest message' -r
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l max-bytes -d 'Read no more than this many bytes of each log file, in whole batches' -r
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l key-decoder-class -d 'Decode keys with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api' -r
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l value-decoder-class -d 'Decode values with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api' -r
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l print-data-log -d 'Print the contents of the messages when dumping data logs. Set by itself if any decoder option is given'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l deep-iteration -d 'Use deep instead of shallow iteration. Set by itself if print-data-log is'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l verify-index-only -d 'Just verify the index against its log without printing its content'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l index-sanity-check -d 'Just check the sanity of the index without printing its content: the check that a broker makes when it starts'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l skip-record-metadata -d 'Skip metadata when printing records. This also skips control records'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l offsets-decoder -d 'Read log data as offset data from the __consumer_offsets topic'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l transaction-log-decoder -d 'Read log data as transaction metadata from the __transaction_state topic'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l cluster-metadata-decoder -d 'Read log data as cluster metadata records'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l remote-log-metadata-decoder -d 'Read log data as metadata records of the TopicBasedRemoteLogMetadataManager'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -l share-group-state-decoder -d 'Read log data as share group state data from the __share_group_state topic'
complete -c mq -n "__fish_mq_using_subcommand dump-log" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l command-config -d 'File of properties for the client' -r -F
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l timeout -d 'How long the command may take in all, in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l files -d 'Read these files instead of asking a broker: log directories, directories of single partitions, or .log files' -r -F
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l group -d 'Print only what this group committed' -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l formatter -d 'Print the text of this class of Kafka [default: that of 3.9\'s OffsetsMessageFormatter]' -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l output -d 'Form of the output [default: table on a terminal, else text; text with --formatter]' -r -f -a "text\t'Kafka\'s own lines'
table\t'A table'
json\t'JSON'
csv\t'Values with commas between them, with a line of names'
yaml\t'YAML'"
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mq -n "__fish_mq_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l command-config -d 'File of properties for the client' -r -F
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l timeout -d 'How long the command may take in all, in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l output -d 'Form of the output [default: table on a terminal, else text as Kafka\'s scripts print it]' -r -f -a "text\t'Kafka\'s own lines'
table\t'A table'
json\t'JSON'
csv\t'Values with commas between them, with a line of names'
yaml\t'YAML'"
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l topic-partitions -d 'Topics and partitions: topic:0, topic:0-3 (without 3), topic:5-, topic:-3, topic or :0, with commas between them; the topic is a regular expression' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l topic -d 'The topic, or a regular expression; all topics where it is left out' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l partitions -d 'Numbers of partitions with commas between them; all partitions where it is left out' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l time -d 'Which offset: latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6), or of the first record since a time in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l offsets -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l max-wait-ms -r
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -l exclude-internal-topics -d 'Leave out the topics that belong to the brokers'
complete -c mq -n "__fish_mq_using_subcommand get-offsets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mq -n "__fish_mq_using_subcommand server-start" -l override -d 'Sets a property over the file\'s' -r
complete -c mq -n "__fish_mq_using_subcommand server-start" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand topics" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l zookeeper -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l command-config -d 'File of properties for the client' -r -F
complete -c mq -n "__fish_mq_using_subcommand topics" -l timeout -d 'How long the command may take in all, in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l output -d 'Form of the output [default: table on a terminal, else text as Kafka\'s scripts print it]' -r -f -a "text\t'Kafka\'s own lines'
table\t'A table'
json\t'JSON'
csv\t'Values with commas between them, with a line of names'
yaml\t'YAML'"
complete -c mq -n "__fish_mq_using_subcommand topics" -l topic -d 'The topic; but for --create also a regular expression, with a backslash before a dot that is meant' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l topic-id -d 'The id of the topic to describe' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l partitions -d 'Number of partitions; when a topic with keys gets more of them, keys move to other partitions' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l replication-factor -d 'Number of replicas of each partition of a new topic' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l replica-assignment -d 'Brokers of each partition, the preferred leader first: broker:broker,broker:broker' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l config -d 'A setting of a new topic; may be given several times' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l delete-config -d 'No longer supported; the configs tool returns a setting to its default' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l partition-size-limit-per-response -d 'Most partitions in one answer of the broker' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l new-consumer
complete -c mq -n "__fish_mq_using_subcommand topics" -l create -d 'Create a topic'
complete -c mq -n "__fish_mq_using_subcommand topics" -l list -d 'List all topics'
complete -c mq -n "__fish_mq_using_subcommand topics" -l describe -d 'Show the partitions and settings of topics'
complete -c mq -n "__fish_mq_using_subcommand topics" -l alter -d 'Give a topic more partitions (settings are changed by the configs tool)'
complete -c mq -n "__fish_mq_using_subcommand topics" -l delete -d 'Delete topics'
complete -c mq -n "__fish_mq_using_subcommand topics" -l if-exists -d 'Do nothing where the topic does not exist'
complete -c mq -n "__fish_mq_using_subcommand topics" -l if-not-exists -d 'Do nothing where the topic exists'
complete -c mq -n "__fish_mq_using_subcommand topics" -l exclude-internal -d 'Leave out the topics that belong to the brokers'
complete -c mq -n "__fish_mq_using_subcommand topics" -l topics-with-overrides -d 'Describe only topics that have settings of their own'
complete -c mq -n "__fish_mq_using_subcommand topics" -l unavailable-partitions -d 'Describe only partitions without a leader that lives'
complete -c mq -n "__fish_mq_using_subcommand topics" -l under-replicated-partitions -d 'Describe only partitions with replicas that are not in sync'
complete -c mq -n "__fish_mq_using_subcommand topics" -l under-min-isr-partitions -d 'Describe only partitions with fewer replicas in sync than min.insync.replicas'
complete -c mq -n "__fish_mq_using_subcommand topics" -l at-min-isr-partitions -d 'Describe only partitions with just min.insync.replicas replicas in sync'
complete -c mq -n "__fish_mq_using_subcommand topics" -s h -l help -d 'Print help (see more with \'--help\')'
