package dev.sgl.cli.test;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sgl.backend.recording.Recording;
import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.UsageException;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What a model answered to the tests of a file, by their names: `judge.replies.json` beside
/// `judge.sgl`.
final class Recordings {
  private static final ObjectMapper JSON =
      OutsideJson.mapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
          .build();

  private final Path file;
  private final Map<String, List<Recording.Answer>> tests;

  private Recordings(Path file, Map<String, List<Recording.Answer>> tests) {
    this.file = file;
    this.tests = new TreeMap<>(tests);
  }

  /// The recordings of the tests of `program`, if there are any.
  ///
  /// @param isReplaced whether all replies are recorded again, so that a broken file does not
  ///     matter
  /// @throws UsageException if the file cannot be read
  static Recordings of(Path program, boolean isReplaced) {
    String name = String.valueOf(program.getFileName()).replaceFirst("\\.sgl$", "");
    Path file = program.resolveSibling(name + ".replies.json");
    try {
      return new Recordings(file, Files.exists(file) ? read(Files.readString(file)) : Map.of());
    } catch (JsonProcessingException e) {
      if (isReplaced) {
        return new Recordings(file, Map.of());
      }
      throw new UsageException(file + " holds no replies; make it anew with --record");
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + Reasons.of(e));
    }
  }

  private static Map<String, List<Recording.Answer>> read(String text)
      throws JsonProcessingException {
    Map<String, List<Recording.Answer>> tests = JSON.readValue(text, new TypeReference<>() {});
    return tests == null ? Map.of() : tests; // the text may be `null`
  }

  /// The recorded replies of a test.
  synchronized Optional<Recording> find(String test) {
    return Optional.ofNullable(tests.get(test)).map(Recording::new);
  }

  synchronized void put(String test, Recording recording) {
    tests.put(test, recording.answers());
  }

  /// Writes the file.
  ///
  /// @throws UsageException if that is not possible
  void save() {
    try {
      Files.writeString(file, JSON.writeValueAsString(tests) + "\n");
    } catch (IOException e) {
      throw new UsageException(file + " cannot be written: " + Reasons.of(e));
    }
  }
}
