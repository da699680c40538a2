package dev.sgl.local.hub;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The models among the GGUF files of a repository, by the files' names.
///
/// Files that go with a model (vision projectors, importance matrices, draft models) are not
/// models; these names, and the order of preference, are those of llama.cpp (common/download.cpp).
final class GgufListing {
  /// The quantizations that are preferred where none is named.
  private static final List<String> PREFERRED = List.of("Q4_K_M", "Q8_0");

  private static final Pattern NAME =
      Pattern.compile("(?:[A-Za-z0-9_][\\w.+-]*/)*[A-Za-z0-9_][\\w.+-]*\\.gguf");
  private static final Pattern SHARD = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final Pattern NO_MODEL =
      Pattern.compile("mmproj|imatrix|mtp-|eagle3-|dflash-|dspark-");
  private static final Pattern QUANTIZATION =
      Pattern.compile(
          "(?i)(?<=^|[-./])(?:UD-)?(?:[IT]?Q\\d(?:_[0-9A-Z]+)*|MXFP4(?:_MOE)?|BF16|FP?16|FP?32)(?=[-./])");

  private final TreeSet<String> files = new TreeSet<>();

  /// @param files names with their folders, of any kind
  GgufListing(Collection<String> files) {
    for (String file : files) {
      String last = file.substring(file.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
      if (NAME.matcher(file).matches() && !file.contains("..") && !NO_MODEL.matcher(last).find()) {
        this.files.add(file);
      }
    }
  }

  /// The names of all files, without the files that go with a model.
  Collection<String> files() {
    return files;
  }

  /// The files of one model in their order: one file, or all shards, of which the listing may lack
  /// some. Empty if no model has the quantization.
  ///
  /// @param quantization if empty, the preferred one, else the first model by its name
  List<String> choose(Optional<String> quantization) {
    List<String> wanted = quantization.map(List::of).orElse(PREFERRED);
    Stream<Optional<String>> choices = wanted.stream().map(this::named);
    return Stream.concat(choices, Stream.of(quantization.isPresent() ? none() : first()))
        .flatMap(Optional::stream)
        .findFirst()
        .map(GgufListing::shards)
        .orElse(List.of());
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  private Optional<String> first() {
    return files.stream().filter(GgufListing::isFirst).findFirst();
  }

  /// The model whose name has a quantization as a whole word. The shortest name comes first, so
  /// that `Q4_K_M` is not `UD-Q4_K_M` where both are there.
  private Optional<String> named(String quantization) {
    Predicate<String> has =
        Pattern.compile(
                "(?<=^|[-._/])" + Pattern.quote(quantization) + "(?=[-./]|$)",
                Pattern.CASE_INSENSITIVE)
            .asPredicate();
    return files.stream()
        .filter(GgufListing::isFirst)
        .filter(has)
        .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
  }

  /// The quantizations of all models, or a model's name where it has none.
  List<String> quantizations() {
    return files.stream().filter(GgufListing::isFirst).map(GgufListing::label).distinct().toList();
  }

  private static String label(String file) {
    return QUANTIZATION
        .matcher(file)
        .results()
        .map(MatchResult::group)
        .reduce((_, last) -> last)
        .orElse(file.substring(file.lastIndexOf('/') + 1));
  }

  private static boolean isFirst(String file) {
    Matcher shard = SHARD.matcher(file);
    return !shard.matches() || Integer.parseInt(shard.group(2)) == 1;
  }

  private static List<String> shards(String first) {
    Matcher name = SHARD.matcher(first);
    return name.matches()
        ? IntStream.rangeClosed(1, Integer.parseInt(name.group(3)))
            .mapToObj(i -> "%s-%05d-of-%s.gguf".formatted(name.group(1), i, name.group(3)))
            .toList()
        : List.of(first);
  }
}
