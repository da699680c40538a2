package dev.sgl.local.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.json.OutsideJson;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads a safetensors file: eight bytes of header length, a JSON header, then the tensors.
///
/// Format: the "Format" section of the safetensors project's documentation.
final class Safetensors {
  private static final long MAX_HEADER = 100_000_000;
  private static final ObjectMapper JSON = OutsideJson.plain();
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Safetensors() {}

  /// Maps `file` and returns its tensors by name. Tensors of formats that no model here uses are
  /// left out.
  ///
  /// @param unread receives the formats of the tensors that are left out
  /// @throws ModelException if the file is not whole
  static Map<String, Weight> map(Path file, Arena arena, Map<String, String> unread) {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      LfsPointer.refuse(file);
      if (size < 8) {
        throw truncated(file, 8, size);
      }
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long header = all.get(LENGTH, 0);
      if (header < 2 || header > MAX_HEADER) {
        throw new ModelException(file + " is not a safetensors file");
      }
      if (8 + header > size) {
        throw truncated(file, 8 + header, size);
      }
      byte[] text = all.asSlice(8, header).toArray(ValueLayout.JAVA_BYTE);
      return tensors(file, JSON.readTree(text), all.asSlice(8 + header), unread);
    } catch (JsonProcessingException e) {
      throw new ModelException(file + " is not a safetensors file: its header is not JSON", e);
    } catch (ArithmeticException e) {
      throw new ModelException(file + " is not a safetensors file: a size in it makes no sense", e);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Map<String, Weight> tensors(
      Path file, JsonNode header, MemorySegment data, Map<String, String> unread) {
    Map<String, Weight> tensors = new LinkedHashMap<>();
    header
        .properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals("__metadata__")) {
                tensor(file, entry.getKey(), entry.getValue(), data)
                    .ifPresentOrElse(
                        t -> tensors.put(t.name(), t),
                        () -> unread.put(entry.getKey(), entry.getValue().path("dtype").asText()));
              }
            });
    return tensors;
  }

  private static Optional<Weight> tensor(
      Path file, String name, JsonNode entry, MemorySegment data) {
    long from = entry.path("data_offsets").path(0).asLong(-1);
    long to = entry.path("data_offsets").path(1).asLong(-1);
    if (from < 0 || to < from) {
      throw new ModelException(file + ": the place of the tensor " + name + " makes no sense");
    }
    if (to > data.byteSize()) {
      throw truncated(file, to, data.byteSize());
    }
    Optional<DType> type = DType.of(entry.path("dtype").asText());
    if (type.isEmpty()) {
      return Optional.empty();
    }
    List<Integer> shape = shape(entry.path("shape"));
    if (shape.isEmpty() && !entry.path("shape").isEmpty()) {
      throw new ModelException(file + ": the shape of the tensor " + name + " makes no sense");
    }
    MemorySegment numbers = data.asSlice(from, to - from);
    int columns = shape.isEmpty() ? 1 : shape.getLast();
    Weight weight = Weight.of(name, shape, new Encoding.Plain(type.get(), numbers, columns));
    if (Math.multiplyExact(weight.numbers(), (long) type.get().bytes()) != to - from) {
      throw new ModelException(
          file + ": the size of the tensor " + name + " does not fit its shape");
    }
    return Optional.of(weight);
  }

  /// The dimensions; empty if they are no list of sizes.
  private static List<Integer> shape(JsonNode sizes) {
    List<Integer> shape = new ArrayList<>();
    for (JsonNode size : sizes) {
      if (!sizes.isArray() || !size.canConvertToInt() || size.asInt(-1) < 0) {
        return List.of();
      }
      shape.add(size.asInt());
    }
    return shape;
  }

  private static ModelException truncated(Path file, long needed, long found) {
    return new ModelException(
        file
            + " is truncated: its header promises "
            + needed
            + " bytes, but there are "
            + found
            + "; copy or download it again");
  }
}
