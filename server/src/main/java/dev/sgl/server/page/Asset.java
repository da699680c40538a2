package dev.sgl.server.page;

import dev.sgl.server.http.Call;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// A file of the page. Browsers keep it, and ask on each visit whether it has changed.
record Asset(byte[] content, String type) {
  /// A file beside this class.
  static Asset of(String name) {
    return of(name, name);
  }

  /// A file of the class path.
  ///
  /// @param name has the suffix that tells the type
  static Asset of(String name, String resource) {
    return new Asset(bytes(resource), type(name));
  }

  /// A page of this text.
  static Asset html(String text) {
    return new Asset(text.getBytes(StandardCharsets.UTF_8), type("html"));
  }

  private static byte[] bytes(String resource) {
    try (InputStream in = Asset.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the class path has no " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String type(String name) {
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "json" -> "application/json";
      case String other -> throw new IllegalArgumentException("no type of ." + other);
    };
  }

  /// The text of a file of the class path.
  static String text(String resource) {
    return new String(bytes(resource), StandardCharsets.UTF_8);
  }

  /// Answers with the file, or with 304 if the browser has it.
  ///
  /// @param tag of the content, in quotes
  /// @param policy that the browser follows, as `Content-Security-Policy`
  void answer(Call call, String tag, String policy) throws IOException {
    call.set("Content-Security-Policy", policy);
    call.set("X-Content-Type-Options", "nosniff");
    call.set("Cache-Control", "no-cache");
    call.set("ETag", tag);
    if (call.header("If-None-Match").filter(tag::equals).isPresent()) {
      call.answer(304, type, new byte[0]);
    } else {
      call.answer(200, type, content);
    }
  }

  /// The SHA-256 of a content, in base64.
  static String hash(byte[] content) {
    try {
      return Base64.getEncoder()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
