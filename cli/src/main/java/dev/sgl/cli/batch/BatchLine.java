package dev.sgl.cli.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.UsageException;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A line of a batch's input that is not blank.
///
/// @param number of the line in its file, from 1
record BatchLine(int number, String text) {
  /// Numbers of the input are repeated as they are, however large.
  static final ObjectMapper JSON =
      OutsideJson.mapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final long MAX_BYTES = 1L << 30;

  /// Reads the input of a batch.
  ///
  /// @throws UsageException if there is none, or it is too large or no text
  static List<BatchLine> read(Path input) {
    if (!Files.exists(input)) {
      throw new UsageException("there is no file " + input);
    }
    if (Files.isDirectory(input)) {
      throw new UsageException(input + " is a folder, not a file of JSON lines");
    }
    try {
      if (Files.size(input) > MAX_BYTES) {
        throw new UsageException(input + " is larger than " + (MAX_BYTES >> 20) + " MiB");
      }
      List<String> all = Files.readAllLines(input);
      List<BatchLine> lines = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if (!all.get(i).isBlank()) {
          lines.add(new BatchLine(i + 1, all.get(i)));
        }
      }
      return lines;
    } catch (CharacterCodingException e) {
      throw new UsageException(input + " is not a text in UTF-8");
    } catch (IOException e) {
      throw new UsageException(input + " cannot be read: " + Reasons.of(e));
    }
  }

  /// The line as the output repeats it: an object if it is one, else a text.
  JsonNode json() {
    JsonNode node = parse(text);
    return node.isObject() ? node : JSON.getNodeFactory().textNode(text);
  }

  /// A line as JSON, with every digit; a missing node if it is none, or has a number with more
  /// digits in its exponent than a [java.math.BigDecimal] may have.
  static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException | NumberFormatException e) {
      return JSON.missingNode();
    }
  }
}
