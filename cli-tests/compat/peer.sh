#!/usr/bin/env bash
# The real Apache Kafka, resolved by Maven coordinates, for the interop suite to compare with.
#
#   peer classpath [VERSION]            the broker and its tools (default 4.3.1)
#   peer client-classpath VERSION       kafka-clients alone, of any version
#   peer start DIR PORT [KEY=VALUE ...] a fresh single node in DIR that listens on PORT and, for itself, on PORT+1;
#                                       returns once it answers. KEEP=1 starts it on the data that is there,
#                                       VOTERS=log keeps its voters in the metadata log (KIP-853).
#   peer stop DIR                       ends the node of DIR and waits for it
#   peer tool SCRIPT ARGS...            what bin/SCRIPT.sh would run
#   peer class CLASS ARGS...            any class of the class path
#
# PEER_HOME: where resolved jars are kept (default: target/peer beside the sources). PEER_VERSION: default version.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${PEER_HOME:-$here/../../target/peer}
version=${PEER_VERSION:-4.3.1}

# resolve NAME POM VERSION: the jars that POM asks for, copied once into a folder of their own.
resolve() {
  local folder=$home/$1-$3
  if [ ! -f "$folder/.complete" ]; then
    mkdir -p "$folder"
    mvn -q -B -f "$here/java/$2" -Dversion="$3" dependency:copy-dependencies -DoutputDirectory="$folder" >&2
    touch "$folder/.complete"
  fi
  # Each time: the jars stay, the settings may have changed since.
  cp "$here/java/log4j2.properties" "$folder/"
  (cd "$folder" && pwd)
}

jars() { resolve broker broker.pom.xml "${1:-$version}"; }

run_class() {
  local folder
  folder=$(jars)
  # shellcheck disable=SC2086  # the options are a list
  exec java ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseG1GC "-Dlog4j2.configurationFile=$folder/log4j2.properties" \
    ${KAFKA_OPTS:-} -cp "$folder/*" "$@"
}

class_of() {
  case $1 in
  kafka-configs) echo kafka.admin.ConfigCommand ;;
  kafka-storage) echo kafka.tools.StorageTool ;;
  kafka-server-start) echo kafka.Kafka ;;
  kafka-metadata-shell) echo org.apache.kafka.shell.MetadataShell ;;
  kafka-console-consumer) echo org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer) echo org.apache.kafka.tools.ConsoleProducer ;;
  kafka-consumer-groups) echo org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  kafka-topics) echo org.apache.kafka.tools.TopicCommand ;;
  kafka-get-offsets) echo org.apache.kafka.tools.GetOffsetShell ;;
  kafka-dump-log) echo org.apache.kafka.tools.DumpLogSegments ;;
  kafka-broker-api-versions) echo org.apache.kafka.tools.BrokerApiVersionsCommand ;;
  kafka-producer-perf-test) echo org.apache.kafka.tools.ProducerPerformance ;;
  kafka-consumer-perf-test) echo org.apache.kafka.tools.ConsumerPerformance ;;
  kafka-e2e-latency) echo org.apache.kafka.tools.EndToEndLatency ;;
  kafka-cluster) echo org.apache.kafka.tools.ClusterTool ;;
  *) echo "peer: no class is known for '$1'" >&2; exit 2 ;;
  esac
}

start() { # DIR PORT SETTINGS...
  local dir=$1 port=$2
  shift 2
  jars >/dev/null
  [ -n "${KEEP:-}" ] || rm -rf "$dir/data"
  mkdir -p "$dir"
  local voters="controller.quorum.voters=1@127.0.0.1:$((port + 1))" formatting=()
  if [ "${VOTERS:-}" = log ]; then
    voters="controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))" formatting=(--standalone)
  fi
  {
    printf '%s\n' process.roles=broker,controller node.id=1 "$voters" \
      "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))" \
      controller.listener.names=CONTROLLER "log.dirs=$dir/data" \
      offsets.topic.replication.factor=1 transaction.state.log.replication.factor=1 transaction.state.log.min.isr=1 \
      share.coordinator.state.topic.replication.factor=1 share.coordinator.state.topic.min.isr=1 \
      group.initial.rebalance.delay.ms=0 "$@"
  } >"$dir/server.properties"
  KAFKA_HEAP_OPTS=-Xmx256m "$0" tool kafka-storage format --ignore-formatted -t "${CLUSTER_ID:-MkU3OEVBNTcwNTJENDM2Qk}" \
    -c "$dir/server.properties" "${formatting[@]}" >"$dir/format.log" 2>&1
  KAFKA_HEAP_OPTS=${KAFKA_BROKER_HEAP_OPTS:--Xms1G -Xmx1G} setsid "$0" tool kafka-server-start "$dir/server.properties" \
    >"$dir/server.log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  for _ in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "peer: Kafka did not come up; its last words in $dir/server.log:" >&2
  tail -n 5 "$dir/server.log" >&2
  exit 1
}

stop() { # DIR
  [ -f "$1/pid" ] || return 0
  local pid
  pid=$(cat "$1/pid")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  rm -f "$1/pid"
}

case ${1:-help} in
classpath) echo "$(jars "${2:-}")/*" ;;
client-classpath) echo "$(resolve client client.pom.xml "$2")/*" ;;
start) shift; start "$@" ;;
stop) stop "$2" ;;
tool) shift; class=$(class_of "$1"); shift; run_class "$class" "$@" ;;
class) shift; run_class "$@" ;;
*) sed -n '2,15p' "$0" ;;
esac
