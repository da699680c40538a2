package dev.sgl.run;

import dev.sgl.backend.Prompt;
import dev.sgl.program.TypeException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The pictures that a program may show: files below some folders, and URLs of some hosts.
///
/// @param folders the first is the one that paths start from
/// @param hosts whose URLs are passed on to the model as they are
public record Pictures(List<Path> folders, Set<String> hosts) {
  /// None but those that the program's arguments hold as `data:` URLs.
  public static final Pictures NONE = new Pictures(List.of(), Set.of());

  private static final long MAX_BYTES = 20L << 20;

  public Pictures {
    folders = List.copyOf(folders);
    hosts = Set.copyOf(hosts);
  }

  /// The picture that `source` names: a path, a URL, or a `data:` URL.
  ///
  /// @throws TypeException if it may not be shown, or is no picture
  public Prompt.Part.Image read(String source) {
    if (source.startsWith("data:")) {
      return data(source);
    }
    if (source.matches("(?i)https?://.*")) {
      return remote(source);
    }
    try {
      Path file = file(source);
      if (Files.size(file) > MAX_BYTES) {
        throw new TypeException("the picture `" + source + "` is larger than 20 MiB");
      }
      byte[] bytes = Files.readAllBytes(file);
      return image(source, bytes);
    } catch (IOException | InvalidPathException e) {
      throw new TypeException("the picture `" + source + "` cannot be read");
    }
  }

  private Path file(String source) throws IOException {
    for (Path folder : folders) {
      Path file = folders.getFirst().resolve(source);
      if (Files.isRegularFile(file) && file.toRealPath().startsWith(folder.toRealPath())) {
        return file;
      }
    }
    throw new TypeException(
        "the picture `" + source + "` is not below the program's folder, or does not exist");
  }

  private Prompt.Part.Image remote(String source) {
    String host = host(source);
    if (!hosts.contains(host)) {
      throw new TypeException("the program may not use the host `" + host + "` (--allow-net)");
    }
    return new Prompt.Part.Image(source);
  }

  private static String host(String source) {
    try {
      return Optional.ofNullable(new URI(source).getHost()).orElse("");
    } catch (URISyntaxException e) {
      throw new TypeException("the picture `" + source + "` is no URL", e);
    }
  }

  private static Prompt.Part.Image data(String source) {
    int comma = source.indexOf(";base64,");
    if (comma < 0 || source.length() > MAX_BYTES * 4 / 3 + 100) {
      throw new TypeException("the picture's `data:` URL is not in base64, or too large");
    }
    try {
      return image("data:", Base64.getDecoder().decode(source.substring(comma + 8)));
    } catch (IllegalArgumentException e) {
      throw new TypeException("the picture's `data:` URL is not in base64");
    }
  }

  private static Prompt.Part.Image image(String source, byte[] bytes) {
    String type =
        mediaType(bytes)
            .orElseThrow(
                () -> new TypeException("`" + source + "` is no PNG, JPEG, GIF or WebP picture"));
    return new Prompt.Part.Image(
        "data:" + type + ";base64," + Base64.getEncoder().encodeToString(bytes));
  }

  /// The media type, by the first bytes.
  private static Optional<String> mediaType(byte[] bytes) {
    String start = HexFormat.of().formatHex(bytes, 0, Math.min(12, bytes.length));
    if (start.startsWith("89504e470d0a1a0a")) {
      return Optional.of("image/png");
    }
    if (start.startsWith("ffd8ff")) {
      return Optional.of("image/jpeg");
    }
    if (start.startsWith("47494638")) {
      return Optional.of("image/gif");
    }
    return start.matches("52494646.{8}57454250.*") ? Optional.of("image/webp") : Optional.empty();
  }
}
