package dev.sgl.local.checkpoint;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Finds the files of a model in GGUF, one or several shards, and maps their tensors.
final class GgufFiles {
  /// The name of a shard.
  private static final Pattern SHARD = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private GgufFiles() {}

  /// The GGUF file of a folder, or the first of several shards; empty if the folder has none.
  ///
  /// @throws ModelException if it has several models
  static Optional<Path> in(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> models = all.filter(Gguf::isNamed).filter(GgufFiles::isFirst).sorted().toList();
      if (models.size() > 1) {
        throw new ModelException(
            "%s has several models; name one of them: %s"
                .formatted(folder, models.stream().map(Path::getFileName).toList()));
      }
      return models.stream().findFirst();
    } catch (IOException e) {
      throw new ModelException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean isFirst(Path file) {
    Matcher shard = SHARD.matcher(String.valueOf(file.getFileName()));
    return !shard.matches() || Integer.parseInt(shard.group(2)) == 1;
  }

  /// All files of a model in their order, by the name of one of them.
  static List<Path> shards(Path file) {
    Matcher name = SHARD.matcher(String.valueOf(file.getFileName()));
    return name.matches()
        ? IntStream.rangeClosed(1, Integer.parseInt(name.group(3)))
            .mapToObj(i -> "%s-%05d-of-%s.gguf".formatted(name.group(1), i, name.group(3)))
            .map(file::resolveSibling)
            .toList()
        : List.of(file);
  }

  /// Maps a file.
  ///
  /// @param tensors receives its tensors by name
  /// @param unread receives the types of tensors that are not supported
  /// @throws ModelException if the file is not whole
  static void map(
      Path file,
      Gguf header,
      Arena arena,
      Map<String, Weight> tensors,
      Map<String, String> unread) {
    try (FileChannel channel = FileChannel.open(file)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      Ranges ranges = new Ranges(file);
      for (Gguf.Tensor tensor : header.tensors()) {
        if (tensor.at() < 0 || tensor.at() % header.alignment() != 0) {
          throw new ModelException(
              "%s: the place of the tensor %s, %d, is no multiple of %d"
                  .formatted(file, tensor.name(), tensor.at(), header.alignment()));
        }
        Optional<Encoding> encoding = encoding(file, tensor, header.data(), all);
        encoding.ifPresent(e -> e.parts().forEach(part -> ranges.add(tensor.name(), part)));
        if (encoding.isEmpty()) {
          unread.put(tensor.name(), GgmlType.name(tensor.type()));
        } else if (tensors.put(
                tensor.name(), Weight.of(tensor.name(), tensor.shape(), encoding.get()))
            != null) {
          throw new ModelException(file + " has the tensor " + tensor.name() + " a second time");
        }
      }
      ranges.requireApart();
    } catch (ArithmeticException e) {
      throw new ModelException(file + ": a size in it makes no sense", e);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The layout of a tensor; empty if its type is not supported.
  private static Optional<Encoding> encoding(
      Path file, Gguf.Tensor tensor, long first, MemorySegment all) {
    Optional<DType> plain = GgmlType.plain(tensor.type());
    Optional<GgmlType> blocks = GgmlType.of(tensor.type());
    int numbers = blocks.map(GgmlType::numbers).orElse(1);
    int bytes = blocks.map(GgmlType::bytes).or(() -> plain.map(DType::bytes)).orElse(0);
    if (bytes == 0) {
      return Optional.empty();
    }
    if (tensor.columns() % numbers != 0) {
      throw new ModelException(
          "%s: a row of the tensor %s has %d numbers, which are no blocks of %d"
              .formatted(file, tensor.name(), tensor.columns(), numbers));
    }
    long rowBytes = (long) tensor.columns() / numbers * bytes;
    long size = Math.multiplyExact(tensor.rows(), rowBytes);
    long at = Math.addExact(first, tensor.at());
    if (Math.addExact(at, size) > all.byteSize()) {
      throw new ModelException(
          "%s is truncated: the tensor %s ends at byte %d, but there are %d; copy or download it again"
              .formatted(file, tensor.name(), at + size, all.byteSize()));
    }
    MemorySegment data = all.asSlice(at, size);
    return Optional.of(
        blocks.isPresent()
            ? new Encoding.Blocks(blocks.get(), data, rowBytes)
            : new Encoding.Plain(plain.orElseThrow(), data, tensor.columns()));
  }
}
