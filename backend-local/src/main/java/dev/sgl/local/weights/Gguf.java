package dev.sgl.local.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a GGUF file says of its model: the keys and values of its header (GGUF specification,
/// version 2 and 3).
///
/// Values are `Long`, `Double`, `Boolean`, `String` and lists of them.
public final class Gguf {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final long MAX_HEADER = 1L << 30;

  private final Map<String, Object> values = new LinkedHashMap<>();
  private final ByteBuffer in;

  private Gguf(ByteBuffer in) {
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt() != MAGIC) {
      throw new ModelException("it is no GGUF file");
    }
    int version = in.getInt();
    if (version != 2 && version != 3) {
      throw new ModelException("its version " + version + " is not supported");
    }
    in.getLong(); // tensors
    long count = in.getLong();
    for (long i = 0; i < count; i++) {
      values.put(string(), value(in.getInt()));
    }
  }

  /// Reads the header of `file`.
  ///
  /// @throws ModelException if it is not well formed
  public static Gguf read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = Math.min(channel.size(), MAX_HEADER);
      return new Gguf(channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Whether a file is one of these by its name.
  public static boolean isNamed(Path file) {
    return String.valueOf(file.getFileName()).endsWith(".gguf");
  }

  private Object value(int type) {
    return switch (type) {
      case 0 -> (long) (in.get() & 0xff);
      case 1 -> (long) in.get();
      case 2 -> (long) (in.getShort() & 0xffff);
      case 3 -> (long) in.getShort();
      case 4 -> in.getInt() & 0xffffffffL;
      case 5 -> (long) in.getInt();
      case 6 -> (double) in.getFloat();
      case 7 -> in.get() != 0;
      case 8 -> string();
      case 9 -> list();
      case 10, 11 -> in.getLong();
      case 12 -> in.getDouble();
      default -> throw new ModelException("it has a value of the unknown type " + type);
    };
  }

  private List<Object> list() {
    int type = in.getInt();
    long count = in.getLong();
    if (count < 0 || count > in.remaining()) {
      throw new ModelException("it has a list of " + count + " values");
    }
    List<Object> list = new ArrayList<>((int) count);
    for (long i = 0; i < count; i++) {
      list.add(value(type));
    }
    return list;
  }

  private String string() {
    long length = in.getLong();
    if (length < 0 || length > in.remaining()) {
      throw new ModelException("it has a text of " + length + " bytes");
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// The value at `key` as text; empty if there is none.
  public Optional<String> text(String key) {
    return Optional.ofNullable(values.get(key)).map(Object::toString);
  }

  /// The list at `key`; empty if there is none.
  public List<?> list(String key) {
    return values.get(key) instanceof List<?> list ? list : List.of();
  }
}
