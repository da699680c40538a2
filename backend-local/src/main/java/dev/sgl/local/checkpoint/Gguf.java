package dev.sgl.local.checkpoint;

import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The header of a GGUF file: keys and values, and where tensors are (GGUF specification, versions
/// 2 and 3).
///
/// Values are `Long`, `Double`, `Boolean`, `String` and lists of them.
public final class Gguf {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final long MAX_HEADER = 1L << 30;
  private static final int MOST_DIMENSIONS = 4;
  private static final int ALIGNMENT = 32;
  private static final int FIRST_CAPACITY = 1 << 10; // of a list, whatever its length claims
  private static final int DEPTH = 8; // of lists in lists

  private final Map<String, Object> values = new LinkedHashMap<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private final ByteBuffer in;
  private final long alignment;
  private final long data;

  /// A tensor in the file.
  ///
  /// @param shape its dimensions, the slowest first
  /// @param type its number, as [GgmlType] has it
  /// @param at its first byte in the file
  record Tensor(String name, List<Integer> shape, int type, long at) {
    int columns() {
      return shape.isEmpty() ? 1 : shape.getLast();
    }

    /// @throws ArithmeticException if there are too many
    long rows() {
      return shape.stream().limit(Math.max(0, shape.size() - 1)).reduce(1, Math::multiplyExact);
    }
  }

  private Gguf(ByteBuffer in) {
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt() != MAGIC) {
      throw new ModelException("it is no GGUF file");
    }
    int version = in.getInt();
    if (version != 2 && version != 3) {
      throw new ModelException("its version " + version + " is not supported");
    }
    long tensorCount = in.getLong();
    long count = in.getLong();
    for (long i = 0; i < count; i++) {
      values.put(string(), value(in.getInt(), 0));
    }
    for (long i = 0; i < tensorCount; i++) {
      tensors.add(tensor());
    }
    alignment = number("general.alignment").orElse((long) ALIGNMENT);
    if (alignment < 1 || alignment > MAX_HEADER) {
      throw new ModelException("its alignment is " + alignment);
    }
    data = (in.position() + alignment - 1) / alignment * alignment;
  }

  private Tensor tensor() {
    String name = string();
    int dimensions = in.getInt();
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
      throw new ModelException("the tensor " + name + " has " + dimensions + " dimensions");
    }
    List<Integer> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      long size = in.getLong();
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw new ModelException("the tensor " + name + " has " + size + " numbers in a row");
      }
      shape.addFirst((int) size);
    }
    int type = in.getInt();
    return new Tensor(name, shape, type, in.getLong());
  }

  /// Reads the header of `file`.
  ///
  /// @throws ModelException if it is not well formed
  public static Gguf read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = Math.min(channel.size(), MAX_HEADER);
      return new Gguf(channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
    } catch (NoSuchFileException e) {
      throw new ModelException(file + " is missing", e);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    } catch (BufferUnderflowException e) {
      throw new ModelException(
          file + " is truncated: its header is not whole; copy or download it again", e);
    } catch (RuntimeException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Whether a file is one of these by its name.
  public static boolean isNamed(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".gguf");
  }

  private Object value(int type, int depth) {
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
      case 9 -> list(depth);
      case 10, 11 -> in.getLong();
      case 12 -> in.getDouble();
      default -> throw new ModelException("it has a value of the unknown type " + type);
    };
  }

  private List<Object> list(int depth) {
    if (depth == DEPTH) {
      throw new ModelException("it has lists in lists without end");
    }
    int type = in.getInt();
    long count = in.getLong();
    requireRoom(count, "it has a list of %s values");
    List<Object> list = new ArrayList<>((int) Math.min(count, FIRST_CAPACITY));
    for (long i = 0; i < count; i++) {
      list.add(value(type, depth + 1));
    }
    return list;
  }

  /// Refuses a number of values, or of bytes, that no header has, or that is more than there is.
  private void requireRoom(long count, String message) {
    if (count < 0 || count > MAX_HEADER) {
      throw new ModelException(message.formatted(Long.toUnsignedString(count)));
    }
    if (count > in.remaining()) {
      throw new BufferUnderflowException();
    }
  }

  private String string() {
    long length = in.getLong();
    requireRoom(length, "it has a text of %s bytes");
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// The keys of its values.
  public Set<String> keys() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /// The text at `key`; empty if there is none.
  public Optional<String> text(String key) {
    return value(key, String.class, "a text");
  }

  /// Whether `key` is true; empty if there is no such key.
  public Optional<Boolean> flag(String key) {
    return value(key, Boolean.class, "true or false");
  }

  /// The value at `key`; empty if there is none.
  Optional<Object> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /// The whole number at `key`; empty if there is none.
  public Optional<Long> number(String key) {
    return value(key, Long.class, "a whole number");
  }

  private <T> Optional<T> value(String key, Class<T> type, String wanted) {
    Optional<Object> value = value(key);
    if (value.isPresent() && !type.isInstance(value.get())) {
      throw new ModelException("the GGUF key " + key + " is not " + wanted);
    }
    return value.map(type::cast);
  }

  /// The tensors in the order of the file.
  List<Tensor> tensors() {
    return tensors;
  }

  /// The places of tensors are multiples of it.
  long alignment() {
    return alignment;
  }

  /// The first byte of all tensors' data in the file.
  long data() {
    return data;
  }

  /// The list at `key`; empty if there is none.
  public List<?> list(String key) {
    return value(key, List.class, "a list").map(list -> (List<?>) list).orElse(List.of());
  }

  /// The list of values of one type at `key`: `Long`, `Double` or `String`; empty if there is none.
  public <T> List<T> list(String key, Class<T> type) {
    List<?> list = list(key);
    if (!list.stream().allMatch(type::isInstance)) {
      throw new ModelException("the GGUF key " + key + " has a value of another type in its list");
    }
    return list.stream().map(type::cast).toList();
  }
}
