package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc fmt`, `sglc render` and `sglc check --prefix`: what is seen of a program without running
/// it.
class SourceCommandsTest {
  @TempDir Path folder = Path.of("");

  private Path file(String text) throws IOException {
    Path file = folder.resolve("p.sgl");
    Files.writeString(file, text);
    return file;
  }

  @Test
  void fmtFormatsInPlace() throws IOException {
    Path file = file("program  p( ){ return 1 }");
    Sglc check = Sglc.run("fmt", "--check", file.toString());
    assertEquals(1, check.code());
    assertEquals(file + " is not formatted\n", check.out());
    assertEquals("program p() { return 1 }\n", Sglc.run("fmt", "--stdout", file.toString()).out());
    assertEquals("program  p( ){ return 1 }", Files.readString(file));
    assertEquals(0, Sglc.run("fmt", file.toString()).code());
    assertEquals("program p() { return 1 }\n", Files.readString(file));
    assertEquals(new Sglc(0, "", ""), Sglc.run("fmt", "--check", file.toString()));
  }

  @Test
  void fmtLeavesWhatItDoesNotUnderstand() throws IOException {
    Path file = file("program p( {");
    Sglc.run("fmt", file.toString()).failed(1, "error[syntax]");
    assertEquals("program p( {", Files.readString(file));
    Sglc.run("fmt", folder.resolve("no.sgl").toString()).failed(2, "there is no file");
  }

  private static final String RATE =
      """
      program rate(review: string, most: int = 5) {
        system "Rate reviews from 1 to {most}."
        user "Review: {review}"
        assistant { "Stars: " gen stars: int<1..5> }
        return stars
      }
      """;

  @Test
  void renderShowsThePromptAndWhatIsShared() throws IOException {
    String file = file(RATE).toString();
    Sglc run = Sglc.run("render", file, "review=Good.");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("Rate reviews from 1 to "), run.out());
    assertTrue(run.out().contains("Review: Good."), run.out());
    assertTrue(run.out().indexOf("all runs share") < run.out().indexOf("Good."), run.out());
    assertTrue(run.out().contains("Stars: "), run.out());
    assertTrue(run.out().contains("p.sgl:4:2"), run.out());
    String tokens = Sglc.run("render", file, "review=Good.", "--tokens").out();
    assertTrue(tokens.contains("\"<|user|>\""), tokens);
    String json = Sglc.run("render", file, "review=Good.", "--json").out();
    assertTrue(json.contains("\"shared\":") && json.contains("\"tokens\":["), json);
  }

  @Test
  void renderRefusesWrongArguments() throws IOException {
    String file = file(RATE).toString();
    Sglc.run("render", file).failed(2, "needs `review`");
    Sglc.run("render", file, "review=x", "--model", "no-model").failed(2, "no-model");
    Sglc.run("render", file, "review=x", "--endpoint", "http://127.0.0.1:1", "-m", "x")
        .failed(2, "not known");
  }

  @Test
  void checkWarnsOfConstantTextThatCouldComeFirst() throws IOException {
    String rules = "Rate it from 1 to 5. ".repeat(8);
    String file =
        file("program p(r: string) { user \"{r} %s\" assistant gen x }".formatted(rules))
            .toString();
    assertEquals(new Sglc(0, file + ": ok\n", ""), Sglc.run("check", file));
    Sglc warned = Sglc.run("check", "--prefix", file);
    assertEquals(0, warned.code());
    assertTrue(warned.err().contains("warning[late-constant]"), warned.err());
  }
}
