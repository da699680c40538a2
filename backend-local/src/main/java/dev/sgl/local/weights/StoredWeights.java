package dev.sgl.local.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// The matrices of a model as a device holds them: which formats they have in the files, how many
/// bytes they take, and which of them are held in a wider form than their own. Norms and biases are
/// not counted.
///
/// @param kinds in the order in which they were first met
/// @param idleBytes of the experts that are not chosen for a token; 0 for a model without experts
public record StoredWeights(List<Kind> kinds, long idleBytes) {
  public StoredWeights {
    kinds = List.copyOf(kinds);
  }

  /// Matrices of one format that are held in one form.
  ///
  /// @param format in the files, as people name it
  /// @param bits of a number or code in the files
  /// @param matrices how many there are
  /// @param fileBytes of them in the files
  /// @param storage of all of them together
  public record Kind(String format, int bits, int matrices, long fileBytes, Storage storage) {

    /// Whether a number takes more bits than in the file.
    public boolean isWidened() {
      return storage.bits() > bits;
    }

    /// Whether a number takes fewer bits than in the file.
    public boolean isNarrowed() {
      return storage.bits() < bits;
    }

    private Kind plus(Kind other) {
      return new Kind(
          format,
          bits,
          matrices + other.matrices,
          fileBytes + other.fileBytes,
          new Storage(storage.form(), storage.bits(), storage.bytes() + other.storage.bytes()));
    }
  }

  /// Counts weights while they are loaded.
  public static final class Counter {
    private record Key(String format, String form) {}

    private final Map<Key, Kind> kinds = new LinkedHashMap<>();
    private double idleBytes;

    /// Counts a weight that a device has loaded.
    public void add(Weight weight, Storage storage) {
      Encoding encoding = weight.encoding();
      Kind kind = new Kind(encoding.format(), encoding.bits(), 1, weight.bytes(), storage);
      kinds.merge(new Key(kind.format(), storage.form()), kind, Kind::plus);
    }

    /// Notes that a part of a weight is not read for each token.
    public void addIdle(Weight weight, Storage storage, double part) {
      long held = storage.bytes();
      idleBytes += part * (held > 0 ? held : weight.bytes());
    }

    /// The weights that were counted.
    public StoredWeights counted() {
      return new StoredWeights(new ArrayList<>(kinds.values()), Math.round(idleBytes));
    }
  }

  /// Bytes in the memory of the device.
  public long bytes() {
    return kinds.stream().mapToLong(kind -> kind.storage().bytes()).sum();
  }

  /// Bytes of the weights that stay in the files.
  private long mappedBytes() {
    return kinds.stream()
        .filter(kind -> kind.storage().bytes() == 0)
        .mapToLong(Kind::fileBytes)
        .sum();
  }

  /// Bytes in the files.
  public long fileBytes() {
    return kinds.stream().mapToLong(Kind::fileBytes).sum();
  }

  /// Bytes that a token is computed with: all but those of the experts that are not chosen.
  private long ofToken() {
    return bytes() + mappedBytes() - idleBytes;
  }

  /// The same for people, in one to four lines.
  public List<String> lines() {
    long mapped = mappedBytes();
    List<String> places = new ArrayList<>();
    if (bytes() > 0) {
      places.add(size(bytes()) + " in memory");
    }
    if (mapped > 0) {
      places.add(size(mapped) + " read from the mapped file");
    }
    String where = String.join(", ", places);
    List<String> lines = new ArrayList<>();
    lines.add("weights: " + where + "; " + formats());
    if (idleBytes > 0) {
      lines.add("experts: a token is computed with %s of them".formatted(size(ofToken())));
    }
    changed(Kind::isWidened)
        .ifPresent(
            changes ->
                lines.add(
                    "widened, because no kernel here computes with them as they are: " + changes));
    changed(Kind::isNarrowed).ifPresent(changes -> lines.add("narrowed: " + changes));
    return lines;
  }

  /// All formats in the files, each with the number of its matrices.
  private String formats() {
    Map<String, Integer> matrices = new LinkedHashMap<>();
    kinds.forEach(kind -> matrices.merge(kind.format(), kind.matrices(), Integer::sum));
    List<String> formats = new ArrayList<>();
    matrices.forEach((format, count) -> formats.add(format + " (" + matrices(count) + ")"));
    return String.join(", ", formats);
  }

  private static String matrices(int count) {
    return count == 1 ? "1 matrix" : count + " matrices";
  }

  private Optional<String> changed(Predicate<Kind> isChanged) {
    return kinds.stream()
        .filter(isChanged)
        .map(
            kind ->
                "%s to %s (%s, %s instead of %s)"
                    .formatted(
                        kind.format(),
                        kind.storage().form(),
                        matrices(kind.matrices()),
                        size(kind.storage().bytes()),
                        size(kind.fileBytes())))
        .reduce((some, more) -> some + ", " + more);
  }

  /// A number of bytes with a unit of powers of ten.
  private static String size(long bytes) {
    return bytes < 1_000_000
        ? "%.1f kB".formatted(bytes / 1e3)
        : bytes < 1_000_000_000
            ? "%.1f MB".formatted(bytes / 1e6)
            : "%.2f GB".formatted(bytes / 1e9);
  }
}
