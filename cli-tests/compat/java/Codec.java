import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Holds frames of ours against the message classes of Kafka's own jars.
 *
 * Reads lines "NAME VERSION HEX" from the file given and prints, per line, what Kafka makes of it: "same", or "other",
 * "refused" or "absent" with the line and the reason. For each new name and version it also prints the bytes of an
 * untouched message ("default NAME VERSION HEX") and the versions of the class ("range NAME LOW HIGH").
 */
public class Codec {
    static final String[] PACKAGES = {
        "org.apache.kafka.common.message.",
        "org.apache.kafka.common.metadata.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.raft.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.",
    };
    static final HexFormat HEX = HexFormat.of();

    public static void main(String[] arguments) throws Exception {
        String before = "";
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ", -1);
            String name = words[0];
            short version = Short.parseShort(words[1]);
            Message message = create(name);
            short low = message.lowestSupportedVersion();
            short high = message.highestSupportedVersion();
            boolean known = low <= version && version <= high;
            if (!before.equals(name + version)) {
                before = name + version;
                System.out.println("range " + name + " " + low + " " + high);
                if (known) {
                    printDefault(name, version);
                }
            }
            if (!known) {
                System.out.println("absent " + name + " " + version);
                continue;
            }
            System.out.println(judge(message, version, HEX.parseHex(words[2]), line));
        }
    }

    static Message create(String name) throws Exception {
        for (String prefix : PACKAGES) {
            for (String suffix : new String[] {"", "Data"}) {
                try {
                    Object made = Class.forName(prefix + name + suffix).getDeclaredConstructor().newInstance();
                    if (made instanceof Message message) {
                        return message;
                    }
                } catch (ClassNotFoundException next) {
                    // It is in another package.
                }
            }
        }
        throw new IllegalArgumentException("no class for " + name);
    }

    static void printDefault(String name, short version) throws Exception {
        System.out.println("default " + name + " " + version + " " + HEX.formatHex(write(create(name), version)));
    }

    static String judge(Message message, short version, byte[] bytes, String line) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            message.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) {
                return "refused " + line + " leaves " + buffer.remaining() + " bytes";
            }
            requireNoUnknownTags(message);
            byte[] again = write(message, version);
            return Arrays.equals(bytes, again) ? "same" : "other " + line + " became " + HEX.formatHex(again);
        } catch (Exception wrong) {
            return "refused " + line + " " + wrong;
        }
    }

    static byte[] write(Message message, short version) {
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** An unknown tag is written back as it was read, and so would hide that a tag of ours is wrong. */
    static void requireNoUnknownTags(Object value) throws IllegalAccessException {
        if (value instanceof Iterable<?> elements) {
            for (Object element : elements) {
                requireNoUnknownTags(element);
            }
        }
        if (!(value instanceof Message message)) {
            return;
        }
        if (message.unknownTaggedFields() != null && !message.unknownTaggedFields().isEmpty()) {
            throw new IllegalStateException("unknown tags in " + value.getClass().getName());
        }
        for (Field field : value.getClass().getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                field.setAccessible(true);
                requireNoUnknownTags(field.get(value));
            }
        }
    }
}
