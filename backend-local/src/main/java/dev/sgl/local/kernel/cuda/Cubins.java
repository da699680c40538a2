package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.gpu.port.Gpu.KernelFile;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The kernels as machine code for one chip: compiled when they are first needed, and kept on disk
/// by a hash of the source and the options.
final class Cubins {
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(.+)\"$");

  private final String chip;
  private final Path folder;
  private Optional<Nvrtc> compiler = Optional.empty();

  /// @param chip such as `sm_90`
  /// @param folder where machine code is kept
  Cubins(String chip, Path folder) {
    this.chip = chip;
    this.folder = folder;
  }

  /// The folder of this user: `$XDG_CACHE_HOME/sgl`, or `~/.cache/sgl`.
  static Path userFolder() {
    return Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
        .filter(home -> !home.isBlank())
        .map(Path::of)
        .orElse(Path.of(System.getProperty("user.home"), ".cache"))
        .resolve("sgl")
        .resolve("kernels");
  }

  /// The text of a source file with its included files.
  static String source(String name) {
    return INCLUDE
        .matcher(resource(name + ".cu"))
        .replaceAll(match -> Matcher.quoteReplacement(resource(match.group(1))));
  }

  private static String resource(String name) {
    try (InputStream in = Cubins.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new GpuException("the kernel source " + name + " is not in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new GpuException("the kernel source " + name + " cannot be read", e);
    }
  }

  /// Machine code of a source.
  byte[] of(KernelFile kernels) {
    String name = kernels.name();
    String source = source(name);
    String target = kernels.isOfOneChip() ? chip + "a" : chip;
    List<String> options = new ArrayList<>(List.of("--gpu-architecture=" + target, "--std=c++17"));
    new TreeMap<>(kernels.defines())
        .forEach((define, value) -> options.add("--define-macro=" + define + "=" + value));
    Path file = folder.resolve(name + "-" + hash(source + options) + ".cubin");
    return read(file)
        .orElseGet(() -> kept(file, () -> nvrtc().compile(name + ".cu", source, options)));
  }

  private Nvrtc nvrtc() {
    if (compiler.isEmpty()) {
      compiler = Optional.of(new Nvrtc());
    }
    return compiler.get();
  }

  private static Optional<byte[]> read(Path file) {
    try {
      return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // it is made again
    }
  }

  /// Compiles, and writes the binary to the cache on the disk if that is possible.
  private static byte[] kept(Path file, Supplier<byte[]> compiled) {
    byte[] code = compiled.get();
    try {
      Files.createDirectories(file.getParent());
      Path part = Files.createTempFile(file.getParent(), "part", ".cubin");
      Files.write(part, code);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      return code; // and is compiled again the next time
    }
    return code;
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
