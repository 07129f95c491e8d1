import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Creates a topic, produces to it, and reads everything back in a group, in two sessions of the group.
 * Compiles against kafka-clients 0.11.0.0 and 4.x alike.
 *
 * usage: Roundtrip BOOTSTRAP TOPIC CODEC COUNT
 */
public class Roundtrip {
    static final int PARTITIONS = 3;

    public static void main(String[] args) throws Exception {
        String bootstrap = args[0], topic = args[1], codec = args[2];
        int count = Integer.parseInt(args[3]);
        create(bootstrap, topic);
        produce(bootstrap, topic, codec, count);
        Map<String, String> seen = new HashMap<>();
        consume(bootstrap, topic, count / 2, seen);
        consume(bootstrap, topic, count - seen.size(), seen);
        check(seen.size() == count, "read " + seen.size() + " of " + count);
        for (int i = 0; i < count; i++) {
            check(("value-" + i).equals(seen.get("key-" + i)), "record " + i + " is " + seen.get("key-" + i));
        }
        System.out.println("ok " + codec + " " + count);
    }

    static void create(String bootstrap, String topic) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        try (AdminClient admin = AdminClient.create(config)) {
            admin.createTopics(Collections.singleton(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
            check(admin.listTopics().names().get().contains(topic), "the new topic is not listed");
            try {
                admin.createTopics(Collections.singleton(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
                check(false, "the topic was created twice");
            } catch (ExecutionException e) {
                check(e.getCause().getClass().getSimpleName().equals("TopicExistsException"), "got " + e.getCause());
            }
        }
    }

    static void produce(String bootstrap, String topic, String codec, int count) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("acks", "all");
        config.put("linger.ms", "5");
        config.put("compression.type", codec);
        config.put("enable.idempotence", "true");
        // The old idempotent producer insists on these two.
        config.put("max.in.flight.requests.per.connection", "1");
        config.put("retries", "5");
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            for (int i = 0; i < count; i++) {
                ProducerRecord<String, String> record = new ProducerRecord<>(topic, "key-" + i, "value-" + i);
                record.headers().add("n", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
                producer.send(record, (metadata, failure) -> {
                    if (failure != null) {
                        failure.printStackTrace();
                        System.exit(1);
                    }
                });
            }
            producer.flush();
            RecordMetadata first = producer.send(new ProducerRecord<>(topic + "-single", 0, "k", "v")).get();
            check(first.offset() == 0, "the first offset of a new topic is " + first.offset());
        }
    }

    static void consume(String bootstrap, String topic, int atLeast, Map<String, String> seen) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("group.id", topic + "-group");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("max.poll.records", "100");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        Map<TopicPartition, Long> next = new HashMap<>();
        long deadline = System.currentTimeMillis() + 60_000;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            consumer.subscribe(Collections.singleton(topic), new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) { }
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) { }
            });
            int got = 0;
            while (got < atLeast) {
                check(System.currentTimeMillis() < deadline, "only " + got + " of " + atLeast + " records came in time");
                for (ConsumerRecord<String, String> record : poll(consumer)) {
                    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                    Long expected = next.put(partition, record.offset() + 1);
                    check(expected == null || expected == record.offset(), "a gap before " + record);
                    String n = new String(record.headers().lastHeader("n").value(), StandardCharsets.UTF_8);
                    check(record.key().equals("key-" + n), "the header of " + record);
                    check(seen.put(record.key(), record.value()) == null, record.key() + " came twice");
                    got++;
                }
                consumer.commitSync();
            }
            for (Map.Entry<TopicPartition, Long> entry : next.entrySet()) {
                check(committed(consumer, entry.getKey()) == entry.getValue(), "committed " + entry.getKey());
            }
        }
    }

    /** poll(Duration) came with 2.0 and poll(long) went with 4.0. */
    @SuppressWarnings("unchecked")
    static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer) throws Exception {
        for (Method method : KafkaConsumer.class.getMethods()) {
            if (method.getName().equals("poll") && method.getParameterTypes()[0] == Duration.class) {
                return (ConsumerRecords<String, String>) method.invoke(consumer, Duration.ofMillis(100));
            }
        }
        return (ConsumerRecords<String, String>) KafkaConsumer.class.getMethod("poll", long.class).invoke(consumer, 100L);
    }

    /** committed(TopicPartition) went with 4.0. */
    @SuppressWarnings("unchecked")
    static long committed(KafkaConsumer<String, String> consumer, TopicPartition partition) throws Exception {
        try {
            Method one = KafkaConsumer.class.getMethod("committed", TopicPartition.class);
            return ((OffsetAndMetadata) one.invoke(consumer, partition)).offset();
        } catch (NoSuchMethodException e) {
            Method many = KafkaConsumer.class.getMethod("committed", java.util.Set.class);
            Object all = many.invoke(consumer, Collections.singleton(partition));
            return ((Map<TopicPartition, OffsetAndMetadata>) all).get(partition).offset();
        }
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
