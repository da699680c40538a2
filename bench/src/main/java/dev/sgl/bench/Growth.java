package dev.sgl.bench;

import dev.sgl.analysis.Analysis;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Sources;
import dev.sgl.format.Formatter;
import dev.sgl.local.template.Template;
import dev.sgl.local.template.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Measures how the time for a text grows with its length, for each construct that can be repeated:
/// of a `.sgl` program to compile it and write the report, to analyse it as an editor does and to
/// format it; of a chat template to parse it, and to parse and render it.
///
/// A construct is a line of a table: its name, a text that begins it, a text that is repeated, one
/// in the middle, one that is repeated as often behind it, and one that ends it; `#` is the number
/// of the repetition. Printed are the milliseconds of the longest text and the exponent of the
/// growth over its second half: 1 is linear, 2 quadratic.
///
/// Usage: `Growth programs|templates CONSTRUCTS [MOST]`, of at most MOST repetitions.
public final class Growth {
  private static final int MOST = 3_200;
  private static final int ROUNDS = 15;

  /// What templates are rendered with.
  private static final Map<String, Object> VARIABLES =
      Map.of("messages", List.of(Map.of("role", "user", "content", "Hi")), "n", 3L, "t", "a b");

  private record Construct(
      String name, String before, String repeated, String between, String behind, String after) {
    String text(int count) {
      StringBuilder text = new StringBuilder(before);
      for (int i = 0; i < count; i++) {
        text.append(repeated.replace("#", Integer.toString(i)));
      }
      return text.append(between).append(behind.repeat(count)).append(after).toString();
    }
  }

  /// The work on a text.
  private enum Work {
    COMPILE(text -> Compiler.compile("x.sgl", text).report()),
    ANALYSE(text -> Analysis.of("x.sgl", text, Sources.NONE)),
    FORMAT(text -> Formatter.format("x.sgl", text)),
    PARSE(text -> Template.parse(text, LocalDateTime::now)),
    RENDER(text -> Template.parse(text, LocalDateTime::now).render(VARIABLES));

    private final Consumer<String> does;

    Work(Consumer<String> does) {
      this.does = does;
    }

    /// The nanoseconds that it takes; a text may be refused.
    long time(String text) {
      long start = System.nanoTime();
      try {
        does.accept(text);
      } catch (TemplateException e) {
        // the time is that to the refusal
      }
      return System.nanoTime() - start;
    }
  }

  private Growth() {}

  /// Prints the milliseconds and the exponent of each construct as a table.
  public static void main(String[] args) throws IOException {
    List<Work> works =
        switch (args[0]) {
          case "programs" -> List.of(Work.COMPILE, Work.ANALYSE, Work.FORMAT);
          case "templates" -> List.of(Work.PARSE, Work.RENDER);
          default -> throw new IllegalArgumentException("programs or templates, not " + args[0]);
        };
    int most = args.length > 2 ? Integer.parseInt(args[2]) : MOST;
    List<Construct> constructs =
        Files.readAllLines(Path.of(args[1])).stream().skip(1).map(Growth::construct).toList();
    constructs.forEach(construct -> row(construct, works, most / 16)); // warms up
    System.out.println("| construct |" + cells(works, w -> " %s, ms | exponent |".formatted(w)));
    System.out.println("|---|" + cells(works, _ -> "---|---|"));
    constructs.forEach(construct -> System.out.println(row(construct, works, most)));
  }

  private static String cells(List<Work> works, Function<String, String> cell) {
    return works.stream()
        .map(work -> cell.apply(work.name().toLowerCase(Locale.ROOT)))
        .collect(Collectors.joining());
  }

  private static Construct construct(String line) {
    String[] cells = line.replace("\\n", "\n").replace("\\\\", "\\").split("\t", -1);
    return new Construct(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]);
  }

  private static String row(Construct construct, List<Work> works, int most) {
    StringBuilder row = new StringBuilder("| ").append(construct.name()).append(" |");
    String half = construct.text(most / 2);
    String whole = construct.text(most);
    for (Work work : works) {
      double halfTime = Double.MAX_VALUE;
      double time = Double.MAX_VALUE;
      for (int i = 0; i < ROUNDS; i++) { // in turn, so that both are as warm
        halfTime = Math.min(halfTime, work.time(half));
        time = Math.min(time, work.time(whole));
      }
      row.append(" %.1f | %.2f |".formatted(time / 1e6, Math.log(time / halfTime) / Math.log(2)));
    }
    return row.toString();
  }
}
