import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * A member of a group until a byte comes in: SERVER GROUP TOPIC ASSIGNOR.
 *
 * Prints "assigned P,P,..." after each rebalance and "record PARTITION OFFSET VALUE" for each record, commits when it
 * closes, and prints "left".
 */
public class Member {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("group.id", arguments[1]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("heartbeat.interval.ms", "100");
        settings.put("partition.assignment.strategy", arguments[3]);
        String strings = "org.apache.kafka.common.serialization.StringDeserializer";
        settings.put("key.deserializer", strings);
        settings.put("value.deserializer", strings);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            consumer.subscribe(List.of(arguments[2]), new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    System.out.println("assigned ");
                }

                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    System.out.println("assigned " + partitions.stream()
                        .map(partition -> Integer.toString(partition.partition())).collect(Collectors.joining(",")));
                }
            });
            while (System.in.available() == 0) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(50))) {
                    System.out.println("record " + record.partition() + " " + record.offset() + " " + record.value());
                }
            }
        }
        System.out.println("left");
    }
}
