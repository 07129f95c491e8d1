import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs tools of Kafka one after another in one machine, because starting a machine for each takes longer than they do.
 *
 * Reads on stdin, per run: the number of words (int), the class and its arguments (each as length and UTF-8), the input
 * (length and bytes). Answers on stdout: the exit code (int), what was printed to stdout, what was printed to stderr.
 */
public class Tools {
    /** How the tool that runs now ended. */
    static volatile CompletableFuture<Integer> ended;
    /** What a tool leaves for the end of the machine, such as sending its last records. */
    static final List<Runnable> hooks = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        DataInputStream requests = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        Exit.Procedure procedure = (status, message) -> {
            ended.complete(status);
            // A machine that ends runs nothing more of the tool, not even what catches every error.
            LockSupport.park(Tools.class);
            throw new IllegalStateException("the tool goes on after its end");
        };
        Exit.setExitProcedure(procedure);
        Exit.setHaltProcedure(procedure);
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        while (true) {
            List<String> words = new ArrayList<>();
            try {
                for (int count = requests.readInt(); count > 0; count--) {
                    words.add(new String(bytes(requests), "UTF-8"));
                }
            } catch (EOFException end) {
                System.exit(0);
            }
            byte[] input = bytes(requests);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int status = run(words, input, new PrintStream(out, true), new PrintStream(err, true));
            answers.writeInt(status);
            answers.writeInt(out.size());
            out.writeTo(answers);
            answers.writeInt(err.size());
            err.writeTo(answers);
            answers.flush();
        }
    }

    static byte[] bytes(DataInputStream requests) throws Exception {
        return requests.readNBytes(requests.readInt());
    }

    static int run(List<String> words, byte[] input, PrintStream out, PrintStream err) throws Exception {
        ended = new CompletableFuture<>();
        hooks.clear();
        System.setIn(new ByteArrayInputStream(input));
        System.setOut(out);
        System.setErr(err);
        String[] arguments = words.subList(1, words.size()).toArray(new String[0]);
        Method main = Class.forName(words.get(0)).getMethod("main", String[].class);
        Thread thread = new Thread(() -> {
            try {
                main.invoke(null, (Object) arguments);
                ended.complete(0);
            } catch (InvocationTargetException thrown) {
                err.print("Exception in thread \"main\" ");
                thrown.getCause().printStackTrace(err);
                ended.complete(1);
            } catch (IllegalAccessException impossible) {
                ended.completeExceptionally(impossible);
            }
        }, "main");
        thread.setDaemon(true);
        thread.start();
        int code = ended.get();
        hooks.forEach(Runnable::run);
        out.flush();
        err.flush();
        return code;
    }
}
