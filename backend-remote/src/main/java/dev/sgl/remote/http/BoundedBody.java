package dev.sgl.remote.http;

import dev.sgl.backend.BackendException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSource;
import okio.ForwardingSource;
import okio.Okio;
import okio.Source;

/// The body of an answer, of which no more is read than an honest server sends: its bytes are
/// counted after they are unpacked, so a small body that unpacks to a large one is found, too.
public final class BoundedBody extends ForwardingSource {
  private final long most;
  private long read;

  private BoundedBody(Source body, long most) {
    super(body);
    this.most = most;
  }

  /// The body of an answer.
  ///
  /// @param most bytes; reading more raises a [BackendException]
  public static BufferedSource of(Response response, long most) {
    return Okio.buffer(new BoundedBody(response.body().source(), most));
  }

  /// The text of a small answer.
  ///
  /// @param most bytes; the rest is not read
  /// @param patience for all of it together
  public static String beginning(Response response, long most, Duration patience)
      throws IOException {
    BufferedSource body = response.body().source();
    body.timeout().deadline(patience.toNanos(), TimeUnit.NANOSECONDS);
    body.request(most);
    return body.readUtf8(Math.min(most, body.getBuffer().size()));
  }

  @Override
  public long read(Buffer sink, long byteCount) throws IOException {
    long count = super.read(sink, byteCount);
    read += Math.max(0, count);
    if (read > most) {
      throw new BackendException(
          "the endpoint sent more than %,d MiB in one answer".formatted(most >> 20));
    }
    return count;
  }
}
