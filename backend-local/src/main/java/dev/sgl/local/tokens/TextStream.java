package dev.sgl.local.tokens;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Turns tokens as they come into text to show: whole characters only, and nothing that may turn
/// out to belong to a stop text.
public final class TextStream {
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private byte[] open = {}; // the beginning of a character
  private int shown;
  private Optional<String> stopped = Optional.empty();

  public TextStream(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /// Adds the bytes of a token.
  public void add(byte[] bytes) {
    byte[] all = Arrays.copyOf(open, open.length + bytes.length);
    System.arraycopy(bytes, 0, all, open.length, bytes.length);
    int whole = whole(all);
    open = Arrays.copyOfRange(all, whole, all.length);
    int from = text.length();
    text.append(new String(all, 0, whole, StandardCharsets.UTF_8));
    stop(from);
  }

  private void stop(int from) {
    int first = Integer.MAX_VALUE;
    for (String stop : stops) {
      int at = text.indexOf(stop, Math.max(0, from - stop.length() + 1));
      if (at >= 0 && at < first) {
        first = at;
        stopped = Optional.of(stop);
      }
    }
    if (stopped.isPresent()) {
      text.setLength(first);
    }
  }

  /// Whether the text so far ends with a whole character.
  public boolean isWhole() {
    return open.length == 0;
  }

  /// Whether a stop text came; it and all after it is cut off.
  public boolean isStopped() {
    return stopped.isPresent();
  }

  /// The stop text that came.
  public Optional<String> stop() {
    return stopped;
  }

  /// Text that can be shown and was not yet.
  public String next() {
    int end = isStopped() ? text.length() : text.length() - held();
    String chunk = text.substring(Math.min(shown, end), end);
    shown = Math.max(shown, end);
    return chunk;
  }

  /// What is left at the end, an unfinished character as U+FFFD.
  public String finish() {
    if (open.length > 0 && !isStopped()) {
      text.append(new String(open, StandardCharsets.UTF_8));
    }
    open = new byte[0];
    String chunk = text.substring(shown);
    shown = text.length();
    return chunk;
  }

  /// All text so far, without a stop text.
  public String text() {
    return text.toString();
  }

  /// Characters at the end that may be the beginning of a stop text.
  private int held() {
    int most = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, text.length()); n > most; n--) {
        if (text.substring(text.length() - n).equals(stop.substring(0, n))) {
          most = n;
        }
      }
    }
    return most;
  }

  /// How many of the bytes are whole characters; bytes that are no UTF-8 count as whole.
  private static int whole(byte[] bytes) {
    for (int back = 1; back <= Math.min(3, bytes.length); back++) {
      int b = bytes[bytes.length - back] & 0xff;
      if (b >= 0xC0) {
        int needed = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
        return needed > back ? bytes.length - back : bytes.length;
      }
      if (b < 0x80) {
        return bytes.length;
      }
    }
    return bytes.length;
  }
}
