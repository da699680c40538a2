package dev.sgl.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The output of a batch: one line for each line of the input, in the same order.
///
/// A line says which line of the input it answers, repeats it, and has a `result` or an `error`.
/// What is done is written as soon as all before it is, so a batch that was interrupted goes on
/// behind the last line.
final class BatchFile implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// How each line begins.
  private static final String BEGINNING = "{\"line\":";

  private final BufferedWriter out;
  private final Map<Integer, ObjectNode> early = new TreeMap<>(); // done, but not those before it
  private int written;

  private BatchFile(BufferedWriter out, int written) {
    this.out = out;
    this.written = written;
  }

  /// Opens `file` to write behind what is there already.
  static BatchFile append(Path file, int written) throws IOException {
    return new BatchFile(
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
        written);
  }

  /// The lines that `file` has already; none if it is not there. A line that was broken off is
  /// taken away.
  ///
  /// @throws UsageException if it is no output of a batch over `inputs`
  static List<JsonNode> existing(Path file, List<String> inputs) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<JsonNode> lines = new ArrayList<>();
    long whole = wholeBytes(file);
    try (var all = Files.lines(file)) {
      for (String line : (Iterable<String>) all::iterator) {
        int index = lines.size();
        JsonNode node = parse(line);
        if (node.isMissingNode() && whole < Files.size(file) && line.startsWith(BEGINNING)) {
          break; // the last line was broken off
        }
        if (index >= inputs.size()
            || node.path("line").asInt() != index + 1
            || !node.path("input").equals(input(inputs.get(index)))) {
          throw new UsageException(
              "line %d of %s does not belong to this input; name another --output, or add --overwrite"
                  .formatted(index + 1, file));
        }
        lines.add(node);
      }
      truncate(file, whole);
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause() instanceof CharacterCodingException
          ? new UsageException(file + " is not a text in UTF-8")
          : e;
    }
    return lines;
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

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  /// A line of the input as it is repeated: JSON if it is that, else a text.
  private static JsonNode input(String line) {
    JsonNode node = parse(line);
    return node.isObject() ? node : JSON.getNodeFactory().textNode(line);
  }

  /// The line for `input` with a result, which is JSON.
  static ObjectNode result(int index, String input, String result) {
    ObjectNode line = line(index, input);
    line.set("result", parse(result));
    return line;
  }

  /// The line for `input` with an error.
  static ObjectNode error(int index, String input, String message) {
    return line(index, input).put("error", message);
  }

  private static ObjectNode line(int index, String input) {
    ObjectNode line = JSON.createObjectNode().put("line", index + 1);
    line.set("input", input(input));
    return line;
  }

  /// Takes a line; writes what can be written in order.
  synchronized void put(int index, ObjectNode line) throws IOException {
    early.put(index, line);
    for (ObjectNode next = early.remove(written); next != null; next = early.remove(written)) {
      out.write(next.toString());
      out.write('\n');
      written++;
    }
    out.flush();
    notifyAll();
  }

  /// Waits until fewer than `most` lines before `index` are missing.
  synchronized void await(int index, int most) throws InterruptedException {
    while (index - written >= most) {
      wait();
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
