package dev.sgl.bench;

import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.tokens.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Measures how much text a tokenizer turns into tokens on one thread, in megabytes of UTF-8 a
/// second.
///
/// The text is the code and documentation of this project, and names of languages, countries and
/// days in all languages of the JDK; also one letter a million times, which has no words.
///
/// Usage: `EncodedText HOME TOKENIZER [ROUNDS]`; HOME is the folder of the project, the
/// tokenizer a model folder or a GGUF file. The text is also written to `encoded-text.txt` in
/// the temporary folder, for other tokenizers.
public final class EncodedText {
  private static final int PIECE = 4000; // characters of a short text
  private static final int MOST_TOKENS = 1 << 19;
  private static final int LETTERS = 1_000_000;

  private EncodedText() {}

  /// Prints the rates as a table.
  public static void main(String[] arguments) throws IOException {
    Path model = Path.of(arguments[1]);
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
    String code = code(Path.of(arguments[0]));
    String languages = languages();
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "encoded-text.txt");
    Files.writeString(file, code + languages);
    long start = System.nanoTime();
    try (Tokenizer tokenizer =
        Gguf.isNamed(model) ? Tokenizer.openGguf(model) : Tokenizer.open(model, MOST_TOKENS)) {
      System.out.printf("opened in %.2f s; the text is in %s%n", seconds(start), file);
      System.out.println("| text | MB | MB/s | tokens |\n|---|---|---|---|");
      measure(tokenizer, "code and documentation", List.of(code), rounds);
      measure(tokenizer, "all languages", List.of(languages), rounds);
      measure(tokenizer, "both", List.of(code + languages), rounds);
      measure(tokenizer, "both, in pieces of 4,000", pieces(code + languages), rounds);
      measure(tokenizer, "one letter a million times", List.of("a".repeat(LETTERS)), rounds);
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static void measure(Tokenizer tokenizer, String name, List<String> texts, int rounds) {
    double megabytes =
        texts.stream().mapToInt(t -> t.getBytes(StandardCharsets.UTF_8).length).sum() / 1e6;
    double[] rates = new double[rounds];
    long tokens = 0;
    for (int round = -1; round < rounds; round++) { // the first is not counted
      long start = System.nanoTime();
      tokens = texts.stream().mapToLong(text -> tokenizer.encode(text).length).sum();
      if (round >= 0) {
        rates[round] = megabytes / seconds(start);
      }
    }
    System.out.printf("| %s | %.2f | %.2f | %,d |%n", name, megabytes, Median.of(rates), tokens);
  }

  private static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    for (int from = 0; from < text.length(); from += PIECE) {
      pieces.add(text.substring(from, Math.min(text.length(), from + PIECE)));
    }
    return pieces;
  }

  /// All files of the project that people write.
  private static String code(Path home) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> all = Files.walk(home)) {
      for (Path file : all.sorted().toList()) {
        if (file.toString().matches(".*\\.(java|md|sgl|py|cu)")
            && !file.toString().contains("/target/")) {
          text.append(Files.readString(file));
        }
      }
    }
    return text.toString();
  }

  private static String languages() {
    StringBuilder text = new StringBuilder();
    Locale[] locales = Locale.getAvailableLocales();
    Arrays.sort(locales, Comparator.comparing(Locale::toLanguageTag));
    for (Locale locale : locales) {
      if (locale.getCountry().isEmpty() && !locale.getLanguage().isEmpty()) {
        DateTimeFormatter days =
            DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).withLocale(locale);
        for (int day = 0; day < 60; day++) {
          text.append(days.format(LocalDate.of(2026, 1, 3).plusDays(6 * day))).append(".\n");
        }
        for (String country : Locale.getISOCountries()) {
          text.append(Locale.of("", country).getDisplayCountry(locale)).append(", ");
        }
      }
    }
    return text.toString();
  }
}
