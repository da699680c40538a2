package dev.sgl.local.export;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.GgmlType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The header of a GGUF file: keys and values, and the places of the tensors (GGUF specification,
/// version 3).
final class GgufHeader {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;

  // types of values
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private GgufHeader() {}

  /// The plan of a file.
  ///
  /// @param values by their keys: `Integer`, `Float`, `Boolean`, `String`, or a list of one of them
  static TensorFile plan(Map<String, Object> values, List<RowSource> sources) {
    List<StoredTensor> tensors = sources.stream().flatMap(s -> s.tensors().stream()).toList();
    byte[] header = new GgufHeader().header(values, tensors);
    Map<String, Long> places = new LinkedHashMap<>();
    long end = aligned(header.length);
    for (StoredTensor tensor : tensors) {
      places.put(tensor.name(), end);
      end = aligned(end + tensor.bytes());
    }
    return new TensorFile(header, sources, places, end);
  }

  private static long aligned(long at) {
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private byte[] header(Map<String, Object> values, List<StoredTensor> tensors) {
    bytes.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    putInt(VERSION);
    putLong(tensors.size());
    putLong(values.size());
    values.forEach(
        (key, value) -> {
          putText(key);
          putInt(type(value));
          putValue(value);
        });
    long offset = 0;
    for (StoredTensor tensor : tensors) {
      putText(tensor.name());
      putInt(tensor.shape().size());
      tensor.shape().reversed().forEach(this::putLong); // the fastest dimension first
      putInt(number(tensor.type()));
      putLong(offset);
      offset = aligned(offset + tensor.bytes());
    }
    return bytes.toByteArray();
  }

  private static int number(String type) {
    Optional<DType> plain = DType.of(type);
    return plain.isPresent() ? GgmlType.number(plain.get()) : GgmlType.valueOf(type).number();
  }

  private static int type(Object value) {
    return switch (value) {
      case Integer number -> number < 0 ? INT32 : UINT32;
      case Float _ -> FLOAT32;
      case Boolean _ -> BOOL;
      case String _ -> STRING;
      case List<?> _ -> ARRAY;
      default -> throw new IllegalArgumentException("no value of a header: " + value);
    };
  }

  private void putValue(Object value) {
    switch (value) {
      case Integer number -> putInt(number);
      case Float number -> putInt(Float.floatToRawIntBits(number));
      case Boolean flag -> bytes.write(flag ? 1 : 0);
      case String text -> putText(text);
      case List<?> list -> putList(list);
      default -> throw new IllegalArgumentException("no value of a header: " + value);
    }
  }

  /// A list of numbers is one of signed numbers: the usual types of tokens and heads.
  private void putList(List<?> list) {
    int type = list.isEmpty() ? INT32 : type(list.getFirst());
    putInt(type == UINT32 ? INT32 : type);
    putLong(list.size());
    list.forEach(this::putValue);
  }

  private void putText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putLong(utf8.length);
    bytes.writeBytes(utf8);
  }

  private void putInt(int number) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
  }

  private void putLong(long number) {
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }
}
