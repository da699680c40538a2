package dev.sgl.local.tokens;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Sampling;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.PatternSearch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Turns tokens as they come into text to show: whole characters only, and nothing that may turn
/// out to belong to a stop text.
public final class TextStream {
  private final List<String> stops;
  private final List<StopPattern> patterns;
  private final StringBuilder text = new StringBuilder();
  private byte[] open = {}; // the beginning of a character
  private int shown;
  private int hold; // characters at the end to keep back
  private int holdFrom = Integer.MAX_VALUE;
  private Optional<String> stopped = Optional.empty();
  private boolean isFence; // whether the first line of a code block may be, or is, coming
  private int fence; // bytes of that line
  private int unfinished; // bytes of a character that was left out at the end

  private record StopPattern(String pattern, PatternSearch search) {
    static StopPattern of(String pattern) {
      return new StopPattern(pattern, new PatternSearch(pattern));
    }
  }

  /// A stream that ends before the first of the texts `stops`.
  public TextStream(List<String> stops) {
    this(new Sampling.Stops(stops, List.of(), false), false);
  }

  /// A stream that ends before the first stop text or match of a stop pattern.
  ///
  /// @param dropsFence whether a first line that begins with a backtick, that of a fenced code
  ///     block, is no part of the text
  /// @throws ConstraintException if a pattern cannot be searched for
  public TextStream(Sampling.Stops stops, boolean dropsFence) {
    this.stops = stops.texts();
    this.patterns = stops.patterns().stream().map(StopPattern::of).toList();
    this.isFence = dropsFence;
  }

  /// Adds the bytes of a token. After a stop text, bytes are ignored.
  public void add(byte[] bytes) {
    if (isStopped()) {
      return;
    }
    int from = isFence ? behindFence(bytes) : 0;
    fence += from;
    append(from == 0 ? bytes : Arrays.copyOfRange(bytes, from, bytes.length));
  }

  /// How many of the bytes belong to the first line of a code block.
  private int behindFence(byte[] bytes) {
    if (bytes.length == 0 || fence == 0 && bytes[0] != '`') {
      isFence = bytes.length == 0;
      return 0;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        isFence = false;
        return i + 1;
      }
    }
    return bytes.length;
  }

  /// The bytes of the first line of a code block, which are no part of the text.
  public int fenceBytes() {
    return fence;
  }

  private void append(byte[] bytes) {
    byte[] all = open(bytes);
    int complete = completeLength(all);
    open = Arrays.copyOfRange(all, complete, all.length);
    int from = text.length();
    text.append(new String(all, 0, complete, StandardCharsets.UTF_8));
    stop(from);
  }

  /// The bytes of the incomplete character at the end, followed by `bytes`.
  private byte[] open(byte[] bytes) {
    byte[] all = Arrays.copyOf(open, open.length + bytes.length);
    System.arraycopy(bytes, 0, all, open.length, bytes.length);
    return all;
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
    for (StopPattern stop : patterns) {
      int at = search(stop.search(), from);
      if (at < first) {
        first = at;
        stopped = Optional.of(stop.pattern());
      }
    }
    if (stopped.isPresent()) {
      text.setLength(first);
    }
  }

  /// Where the first match in the text begins; everything before `from` was read already.
  private int search(PatternSearch search, int from) {
    int next;
    for (int at = from; at < text.length(); at = next) {
      int codePoint = text.codePointAt(at);
      next = at + Character.charCount(codePoint);
      int found = read(search, codePoint, at);
      if (found != PatternSearch.NOWHERE) {
        return found;
      }
    }
    return PatternSearch.NOWHERE;
  }

  private static int read(PatternSearch search, int codePoint, int at) {
    try {
      return search.read(codePoint, at);
    } catch (ConstraintException e) {
      throw new BackendException("a stop pattern: " + e.getMessage(), e);
    }
  }

  /// Keeps back the last `characters`, from now on.
  public void hold(int characters) {
    hold = characters;
  }

  /// Keeps back all but the first `characters`, from now on.
  public void holdFrom(int characters) {
    holdFrom = characters;
  }

  /// The bytes at the end that were not shown.
  public int heldBytes() {
    return text.substring(Math.min(shown, text.length())).getBytes(StandardCharsets.UTF_8).length
        + open.length;
  }

  /// Takes back the last `bytes`. Bytes of them that were shown have to be added again.
  public void takeBack(int bytes) {
    int from = Math.max(0, text.length() - bytes - 1);
    from -= from > 0 && Character.isLowSurrogate(text.charAt(from)) ? 1 : 0;
    byte[] end = text.substring(from).getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(end, end.length + open.length);
    System.arraycopy(open, 0, all, end.length, open.length);
    text.setLength(from);
    for (StopPattern stop : patterns) {
      stop.search().restart();
      search(stop.search(), 0);
    }
    open = new byte[0];
    append(Arrays.copyOf(all, all.length - bytes));
  }

  /// Whether the text would end with a whole character after `bytes`.
  public boolean isWholeBehind(byte[] bytes) {
    byte[] all = open(bytes);
    return completeLength(all) == all.length;
  }

  /// Whether the text so far ends with a whole character.
  public boolean isWhole() {
    return open.length == 0;
  }

  /// Whether the text so far ends neither inside of a character nor inside of an escape of JSON.
  public boolean isBetweenCharacters() {
    int at = text.length();
    while (text.length() - at < 3 && at > 0 && Character.digit(text.charAt(at - 1), 16) >= 0) {
      at--;
    }
    boolean isNumber = at > 0 && text.charAt(at - 1) == 'u' && isEscaped(at - 1);
    return isWhole() && !isNumber && !isEscaped(text.length());
  }

  /// Whether a backslash before `at` begins an escape.
  private boolean isEscaped(int at) {
    int slashes = 0;
    while (at - slashes > 0 && text.charAt(at - slashes - 1) == '\\') {
      slashes++;
    }
    return slashes % 2 == 1;
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
    int end = isStopped() ? text.length() : text.length() - Math.max(held(), hold);
    end = Math.min(end, holdFrom);
    if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    if (end <= shown) {
      return "";
    }
    String chunk = text.substring(shown, end);
    shown = end;
    return chunk;
  }

  /// The rest of the text, without an unfinished character.
  public String finish() {
    unfinished = open.length;
    open = new byte[0];
    String chunk = text.substring(shown);
    shown = text.length();
    return chunk;
  }

  /// The bytes of a character at the end that was left out, because it was not whole.
  public int unfinishedBytes() {
    return unfinished;
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
        if (endsWith(stop, n)) {
          most = n;
        }
      }
    }
    for (StopPattern stop : patterns) {
      most = Math.max(most, text.length() - stop.search().firstOpen());
    }
    return most;
  }

  /// Whether the text ends with the first `length` characters of a stop text.
  private boolean endsWith(String stop, int length) {
    int from = text.length() - length;
    int i = 0;
    while (i < length && text.charAt(from + i) == stop.charAt(i)) {
      i++;
    }
    return i == length;
  }

  /// The number of bytes up to the end of the last complete character. Invalid UTF-8 counts as
  /// complete.
  private static int completeLength(byte[] bytes) {
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
