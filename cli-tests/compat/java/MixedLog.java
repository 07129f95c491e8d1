import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Fills one partition with what a log can hold: every codec, producers, committed and aborted transactions. */
public class MixedLog {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        Properties common = new Properties();
        common.put("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(common)) {
            Map<String, String> small = Map.of("segment.bytes", "1048576", "retention.ms", "-1");
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(small))).all().get();
        }
        Random random = new Random(42);
        for (int round = 0; round < 10; round++) {
            Properties properties = new Properties();
            properties.putAll(common);
            properties.put("compression.type", CODECS[round % CODECS.length]);
            properties.put("linger.ms", "5");
            boolean transactional = round % 2 == 1;
            if (transactional) {
                properties.put("transactional.id", "mixed-" + round % 3);
            }
            fill(topic, properties, transactional, random, round);
        }
    }

    private static void fill(String topic, Properties properties, boolean transactional, Random random, int round) {
        StringSerializer text = new StringSerializer();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(properties, text, text)) {
            if (transactional) {
                producer.initTransactions();
            }
            for (int part = 0; part < 4; part++) {
                if (transactional) {
                    producer.beginTransaction();
                }
                for (int record = 0; record < 1000; record++) {
                    byte[] value = new byte[60];
                    random.nextBytes(value);
                    // Timestamps go back and forth, so that the time index skips entries.
                    long timestamp = System.currentTimeMillis() - 100_000 + round * 10_000L + (record * 37L) % 5_000;
                    String encoded = Base64.getEncoder().encodeToString(value);
                    producer.send(new ProducerRecord<>(topic, 0, timestamp, "key-" + record, encoded));
                }
                end(producer, transactional, part % 2 == 0);
            }
        }
    }

    private static void end(KafkaProducer<String, String> producer, boolean transactional, boolean commit) {
        producer.flush();
        if (transactional && commit) {
            producer.commitTransaction();
        } else if (transactional) {
            producer.abortTransaction();
        }
    }
}
