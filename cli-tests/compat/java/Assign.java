import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Assigns partitions with Kafka's own assignors.
 *
 * Reads lines "ASSIGNOR TOPIC:COUNT,... MEMBER:INSTANCE:TOPIC,... ..." from the file given (an empty INSTANCE is none) and
 * prints for each "MEMBER=TOPIC-PARTITION,... ..." by member, the partitions sorted.
 */
public class Assign {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            System.out.println(answer(line.split(" ")));
        }
    }

    static String answer(String[] words) {
        ConsumerPartitionAssignor assignor = words[0].equals("range") ? new RangeAssignor() : new RoundRobinAssignor();
        Map<String, Subscription> members = new LinkedHashMap<>();
        for (String word : Arrays.copyOfRange(words, 2, words.length)) {
            String[] parts = word.split(":", -1);
            Subscription subscription = new Subscription(list(parts[2]), null, Collections.emptyList());
            if (!parts[1].isEmpty()) subscription.setGroupInstanceId(Optional.of(parts[1]));
            members.put(parts[0], subscription);
        }
        var assigned = assignor.assign(cluster(words[1]), new GroupSubscription(members)).groupAssignment();
        return new TreeMap<>(assigned).entrySet().stream()
            .map(row -> row.getKey() + "=" + partitions(row.getValue().partitions()))
            .collect(Collectors.joining(" "));
    }

    static Cluster cluster(String topics) {
        Node node = new Node(1, "localhost", 1);
        Node[] nodes = {node};
        List<PartitionInfo> rows = new ArrayList<>();
        for (String topic : list(topics)) {
            String[] parts = topic.split(":");
            for (int index = 0; index < Integer.parseInt(parts[1]); index++) {
                rows.add(new PartitionInfo(parts[0], index, node, nodes, nodes));
            }
        }
        return new Cluster("c", List.of(node), rows, Set.of(), Set.of());
    }

    static List<String> list(String text) {
        return text.isEmpty() ? List.of() : Arrays.asList(text.split(","));
    }

    static String partitions(List<TopicPartition> partitions) {
        return partitions.stream()
            .sorted((one, other) -> one.topic().equals(other.topic())
                ? Integer.compare(one.partition(), other.partition())
                : one.topic().compareTo(other.topic()))
            .map(TopicPartition::toString)
            .collect(Collectors.joining(","));
    }
}
