package dev.sgl.local.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/// Fetches files of one commit of a model. A broken download keeps its bytes, and the next one
/// resumes after them. A complete file whose size or hash is not the announced one is deleted.
final class Download {
  private static final int TRIES = 5;
  private static final int BUFFER = 1 << 20;
  private static final int SHA256_DIGITS = 64;

  private final HubClient client;
  private final ModelName model;
  private final String commit;

  Download(HubClient client, ModelName model, String commit) {
    this.client = client;
    this.model = model;
    this.commit = commit;
  }

  /// A file of the commit.
  ///
  /// @param hash of its content, by which it is kept: SHA-256, or the SHA-1 that git has of it
  record Needed(String name, long size, String hash) {}

  /// Fetches a file to `blob`, unless it exists; one process at a time.
  ///
  /// @param heard called with the number of bytes that are on the disk
  void fetch(Needed file, Path blob, LongConsumer heard) throws IOException, InterruptedException {
    Path part = blob.resolveSibling(blob.getFileName() + ".incomplete");
    Path lock = blob.resolveSibling(blob.getFileName() + ".lock"); // stays: others may wait for it
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      for (int attempt = 1; !Files.exists(blob); attempt++) {
        try {
          resume(file, part, heard);
          require(file, part);
          Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
          if (attempt == TRIES) {
            throw e;
          }
          Thread.sleep(200L << attempt);
        }
      }
    }
    heard.accept(file.size());
  }

  /// Fetches the missing bytes of a file.
  private void resume(Needed file, Path part, LongConsumer heard)
      throws IOException, InterruptedException {
    long known = Files.exists(part) ? Files.size(part) : 0;
    if (known > file.size()) { // of another download: it is no beginning of this one
      Files.delete(part);
      known = 0;
    }
    if (known > 0 && known == file.size()) {
      return;
    }
    HttpResponse<InputStream> response = client.open(model, commit, file.name(), known);
    boolean isResumed = response.statusCode() == 206;
    String range = response.headers().firstValue("Content-Range").orElse("");
    if (isResumed && !range.startsWith("bytes " + known + "-")) {
      response.body().close();
      throw new IOException(
          file.name() + " was asked for from " + known + ", and came as " + range);
    }
    try (InputStream in = response.body();
        Watch watch = new Watch(in);
        OutputStream out =
            Files.newOutputStream(
                part,
                StandardOpenOption.CREATE,
                isResumed ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
      long count = isResumed ? known : 0;
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        count += n;
        if (count > file.size()) {
          throw new IOException(file.name() + " is longer than the hub said");
        }
        out.write(buffer, 0, n);
        watch.moved();
        heard.accept(count);
      }
    }
  }

  private static void require(Needed file, Path part) throws IOException {
    long size = Files.size(part);
    if (size != file.size() || !hash(file, part).equals(file.hash())) {
      if (size >= file.size()) {
        Files.delete(part); // nothing can be made of it
      }
      throw new IOException(file.name() + " came incomplete or broken");
    }
  }

  private static String hash(Needed file, Path part) throws IOException {
    boolean isGit = file.hash().length() < SHA256_DIGITS;
    try (InputStream in = Files.newInputStream(part)) {
      MessageDigest digest = MessageDigest.getInstance(isGit ? "SHA-1" : "SHA-256");
      if (isGit) { // of a blob: its kind and size, and the content
        digest.update(("blob " + file.size() + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e)); // every Java platform has both
    }
  }
}
