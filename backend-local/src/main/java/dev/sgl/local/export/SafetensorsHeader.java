package dev.sgl.local.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The header of a safetensors file: its length, and as JSON the places of the tensors. Tensors of
/// wide numbers come first, so that each number is aligned to its size.
///
/// Format: the "Format" section of the safetensors project's documentation.
final class SafetensorsHeader {
  private static final int ALIGNMENT = 8;

  private SafetensorsHeader() {}

  /// The plan of a file.
  static TensorFile plan(List<RowSource> sources) {
    List<StoredTensor> tensors =
        sources.stream()
            .flatMap(source -> source.tensors().stream())
            .sorted(
                Comparator.comparingInt((StoredTensor tensor) -> -width(tensor))
                    .thenComparing(StoredTensor::name))
            .toList();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putObject("__metadata__").put("format", "pt"); // transformers refuses files without it
    Map<String, Long> offsets = new LinkedHashMap<>();
    long end = 0;
    for (StoredTensor tensor : tensors) {
      offsets.put(tensor.name(), end);
      describe(json.putObject(tensor.name()), tensor, end);
      end += tensor.bytes();
    }
    byte[] header = header(json);
    Map<String, Long> places = new LinkedHashMap<>();
    offsets.forEach((name, offset) -> places.put(name, header.length + offset));
    return new TensorFile(header, sources, places, header.length + end);
  }

  /// Bytes of a number.
  private static int width(StoredTensor tensor) {
    long numbers = tensor.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    return (int) (tensor.bytes() / Math.max(1, numbers));
  }

  private static void describe(ObjectNode entry, StoredTensor tensor, long from) {
    entry.put("dtype", tensor.type());
    ArrayNode shape = entry.putArray("shape");
    tensor.shape().forEach(shape::add);
    entry.putArray("data_offsets").add(from).add(from + tensor.bytes());
  }

  /// The JSON with its length before it and blanks behind it.
  private static byte[] header(ObjectNode json) {
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    int length = (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(length).put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.array();
  }
}
