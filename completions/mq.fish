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
complete -c mq -n "__fish_mq_needs_command" -f -a "dump-log" -d 'Print what the files of a log directory hold'
complete -c mq -n "__fish_mq_needs_command" -f -a "dump-offsets" -d 'Print the committed offsets in __consumer_offsets and stop at its end'
complete -c mq -n "__fish_mq_needs_command" -f -a "generate" -d 'Write completions, manual pages, sample files or links for scripts\' names'
complete -c mq -n "__fish_mq_needs_command" -f -a "server-start" -d 'Run a node: broker, controller or both'
complete -c mq -n "__fish_mq_needs_command" -f -a "topics" -d 'Create, delete, describe, or change a topic'
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
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l files -d 'Read these files instead of asking a broker: log directories, directories of single partitions, or .log files' -r -F
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -l formatter -d 'Print as this class of Kafka does' -r
complete -c mq -n "__fish_mq_using_subcommand dump-offsets" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mq -n "__fish_mq_using_subcommand server-start" -l override -d 'Sets a property over the file\'s' -r
complete -c mq -n "__fish_mq_using_subcommand server-start" -s h -l help -d 'Print help'
complete -c mq -n "__fish_mq_using_subcommand topics" -l bootstrap-server -d 'Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l command-config -d 'File of properties for the client' -r -F
complete -c mq -n "__fish_mq_using_subcommand topics" -l timeout -d 'How long the command may take in all, in milliseconds' -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l broker-list -r
complete -c mq -n "__fish_mq_using_subcommand topics" -l zookeeper -r
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
