package dev.sgl.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.cli.options.UsageException;
import dev.sgl.program.Values;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The output of a batch: one line for each line of the input, in the same order.
///
/// A line says which line of the input it answers, repeats it, and has a `result` or an
/// `error`. A line is written as soon as all lines before it are, so an interrupted batch
/// continues behind the last line.
final class BatchFile implements AutoCloseable {
  /// How each line begins.
  private static final String BEGINNING = "{\"line\":";

  private final BufferedWriter out;
  private final Map<Integer, String> early = new HashMap<>(); // done, but not those before it
  private int written;
  private boolean abandoned; // no more lines are begun
  private boolean broken; // nothing can be written any more

  private BatchFile(BufferedWriter out, int written) {
    this.out = out;
    this.written = written;
  }

  // --- what is there already

  /// What an output has already.
  ///
  /// @param count of its lines
  /// @param failed the errors in it, by the number of the line in the input
  record Done(int count, SortedMap<Integer, String> failed) {
    static final Done NOTHING = new Done(0, new TreeMap<>());
  }

  /// Looks at what `file` has already, which is nothing if it is not there. A line that was broken
  /// off is taken away.
  ///
  /// @throws UsageException if it is no output of a batch over `inputs`
  static Done existing(Path file, List<BatchLine> inputs) throws IOException {
    int count = 0;
    SortedMap<Integer, String> failed = new TreeMap<>();
    if (!Files.exists(file)) {
      return Done.NOTHING;
    }
    if (isOutput(file)) {
      truncate(file, wholeBytes(file));
    }
    try (Stream<String> all = Files.lines(file)) {
      for (Iterator<String> lines = all.iterator(); lines.hasNext(); count++) {
        JsonNode node = BatchLine.parse(lines.next());
        if (count >= inputs.size() || !answers(node, inputs.get(count))) {
          throw new UsageException(
              "line %d of %s does not belong to this input; name another --output, or add --overwrite"
                  .formatted(count + 1, file));
        }
        if (node.has("error")) {
          failed.put(inputs.get(count).number(), node.path("error").asText());
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof CharacterCodingException
          ? new UsageException(file + " is not a text in UTF-8")
          : e;
    }
    return new Done(count, failed);
  }

  /// Whether `file` begins as an output does.
  private static boolean isOutput(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String start = new String(in.readNBytes(BEGINNING.length()), StandardCharsets.ISO_8859_1);
      return BEGINNING.startsWith(start);
    }
  }

  private static boolean answers(JsonNode line, BatchLine input) {
    return line.path("line").asInt() == input.number() && line.path("input").equals(input.json());
  }

  /// Whether `retried` was begun for this very `output`: each line with a result there has the
  /// same result here.
  static boolean goesOn(Path output, Path retried) throws IOException {
    if (!Files.exists(retried)) {
      return false;
    }
    try (Stream<String> before = Files.lines(output);
        Stream<String> after = Files.lines(retried)) {
      Iterator<String> known = before.iterator();
      Iterator<String> again = after.iterator();
      while (known.hasNext() && again.hasNext()) {
        String line = known.next();
        String other = again.next();
        if (hasResult(line) && !line.equals(other) && again.hasNext()) {
          return false;
        }
      }
      return !again.hasNext();
    } catch (UncheckedIOException e) {
      return false; // it was broken off inside of a character
    }
  }

  /// Whether a line of an output has a result.
  static boolean hasResult(String line) {
    return BatchLine.parse(line).has("result");
  }

  /// The bytes up to the last line end.
  private static long wholeBytes(Path file) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "r")) {
      long end = access.length();
      while (end > 0) {
        access.seek(end - 1);
        if (access.read() == '\n') {
          break;
        }
        end--;
      }
      return end;
    }
  }

  private static void truncate(Path file, long bytes) throws IOException {
    if (Files.size(file) > bytes) {
      try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
        access.setLength(bytes);
      }
    }
  }

  // --- what is added

  /// The line for `input` with a result, which is JSON.
  static String result(BatchLine input, String result) {
    ObjectNode line = line(input);
    line.set("result", BatchLine.parse(result));
    return Values.encodable(line.toString());
  }

  /// The line for `input` with an error.
  static String error(BatchLine input, String message) {
    return Values.encodable(line(input).put("error", message).toString());
  }

  private static ObjectNode line(BatchLine input) {
    ObjectNode line = BatchLine.JSON.createObjectNode().put("line", input.number());
    line.set("input", input.json());
    return line;
  }

  /// Opens `file`, which has `lines` lines, to append to it; with 0 lines its content is
  /// deleted.
  static BatchFile open(Path file, int lines) throws IOException {
    OpenOption how = lines == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
    return new BatchFile(
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how),
        lines);
  }

  /// How many lines it has.
  synchronized int written() {
    return written;
  }

  /// Takes the line at `index`; writes what can be written in order.
  ///
  /// @throws IOException if it cannot be written; nothing is written after that
  synchronized void put(int index, String line) throws IOException {
    if (broken) {
      return;
    }
    early.put(index, line);
    try {
      for (String next = early.remove(written); next != null; next = early.remove(written)) {
        out.write(next);
        out.write('\n');
        written++;
      }
      out.flush();
    } catch (IOException e) {
      broken = true;
      throw e;
    } finally {
      notifyAll();
    }
  }

  /// Waits until fewer than `most` lines before `index` are missing, or until there will be no
  /// more.
  synchronized void await(int index, int most) throws InterruptedException {
    while (index - written >= most && !abandoned && !broken) {
      wait();
    }
  }

  /// No more lines are begun; those that are under way may still come.
  synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
