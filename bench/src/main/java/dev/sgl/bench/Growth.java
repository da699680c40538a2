package dev.sgl.bench;

import dev.sgl.analysis.Analysis;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Sources;
import dev.sgl.format.Formatter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// Measures how the time for a text of `.sgl` grows with its length, for each construct that can be
/// repeated: to compile it and write the report, to analyse it as an editor does, to format it.
///
/// A construct is a line of a table: its name, a text that begins it, a text that is repeated, one
/// in the middle, one that is repeated as often behind it, and one that ends it; `#` is the number
/// of the repetition. Printed are the milliseconds of the longest text and the exponent of the
/// growth over its second half: 1 is linear, 2 quadratic.
///
/// Usage: `Growth CONSTRUCTS [MOST]`, of at most MOST repetitions.
public final class Growth {
  private static final int MOST = 3_200;
  private static final int ROUNDS = 5;

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
    FORMAT(text -> Formatter.format("x.sgl", text));

    private final Consumer<String> does;

    Work(Consumer<String> does) {
      this.does = does;
    }

    /// The shortest time of some, in nanoseconds.
    long time(String text) {
      long best = Long.MAX_VALUE;
      for (int i = 0; i < ROUNDS; i++) {
        long start = System.nanoTime();
        does.accept(text);
        best = Math.min(best, System.nanoTime() - start);
      }
      return best;
    }
  }

  private Growth() {}

  public static void main(String[] args) throws IOException {
    int most = args.length > 1 ? Integer.parseInt(args[1]) : MOST;
    List<Construct> constructs =
        Files.readAllLines(Path.of(args[0])).stream().skip(1).map(Growth::construct).toList();
    constructs.forEach(construct -> row(construct, most / 16)); // warms up
    System.out.println(
        "| construct | compile | exponent | analyse | exponent | format | exponent |");
    System.out.println("|---|---|---|---|---|---|---|");
    constructs.forEach(construct -> System.out.println(row(construct, most)));
  }

  private static Construct construct(String line) {
    String[] cells = line.replace("\\n", "\n").replace("\\\\", "\\").split("\t", -1);
    return new Construct(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]);
  }

  private static String row(Construct construct, int most) {
    StringBuilder row = new StringBuilder("| ").append(construct.name()).append(" |");
    String half = construct.text(most / 2);
    String whole = construct.text(most);
    for (Work work : Work.values()) {
      double time = work.time(whole);
      double exponent = Math.log(time / work.time(half)) / Math.log(2);
      row.append(" %.1f | %.2f |".formatted(time / 1e6, exponent));
    }
    return row.toString();
  }
}
