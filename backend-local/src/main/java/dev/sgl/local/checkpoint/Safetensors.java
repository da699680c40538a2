package dev.sgl.local.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.json.OutsideJson;
import dev.sgl.local.quantized.Tensor;
import dev.sgl.local.weights.ModelException;
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

  /// Maps `file` and returns its tensors by name.
  ///
  /// @throws ModelException if the file is not whole
  static Map<String, Tensor> map(Path file, Arena arena) {
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
      return tensors(file, JSON.readTree(text), all.asSlice(8 + header));
    } catch (JsonProcessingException e) {
      throw new ModelException(file + " is not a safetensors file: its header is not JSON", e);
    } catch (ArithmeticException e) {
      throw new ModelException(file + " is not a safetensors file: a size in it makes no sense", e);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Map<String, Tensor> tensors(Path file, JsonNode header, MemorySegment data) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Ranges ranges = new Ranges(file);
    header
        .properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals("__metadata__")) {
                Tensor tensor = tensor(file, entry.getKey(), entry.getValue(), data);
                tensors.put(entry.getKey(), tensor);
                ranges.add(entry.getKey(), tensor.data());
              }
            });
    ranges.requireApart();
    return tensors;
  }

  private static Tensor tensor(Path file, String name, JsonNode entry, MemorySegment data) {
    long from = entry.path("data_offsets").path(0).asLong(-1);
    long to = entry.path("data_offsets").path(1).asLong(-1);
    if (from < 0 || to < from) {
      throw new ModelException(file + ": the place of the tensor " + name + " makes no sense");
    }
    if (to > data.byteSize()) {
      throw truncated(file, to, data.byteSize());
    }
    String format = entry.path("dtype").asText();
    Optional<Integer> bytes = Tensor.bytes(format);
    List<Integer> shape = shape(entry.path("shape"));
    if (bytes.isPresent() && shape.isEmpty() && !entry.path("shape").isEmpty()) {
      throw new ModelException(file + ": the shape of the tensor " + name + " makes no sense");
    }
    Tensor tensor = new Tensor(name, format, shape, data.asSlice(from, to - from));
    if (bytes.isPresent() && Math.multiplyExact(tensor.numbers(), bytes.get()) != to - from) {
      throw new ModelException(
          file + ": the size of the tensor " + name + " does not fit its shape");
    }
    return tensor;
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
