package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.stream.Stream;
import org.antlr.v4.runtime.atn.ParseInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How far the parser looks ahead: for a text with four times as many repetitions of a construct,
/// at about four times as many tokens.
class LookAheadTest {
  private static final int FEW = 40;
  private static final int MANY = 4 * FEW;

  static Stream<String> constructs() {
    try {
      return Files.readAllLines(Path.of("src/test/resources/constructs.tsv")).stream().skip(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("constructs")
  void lookAheadGrowsLinearly(String construct) {
    long few = lookAhead(text(construct, FEW));
    long many = lookAhead(text(construct, MANY));
    assertTrue(many <= 5 * few + 100, few + " tokens, then " + many);
  }

  private static String text(String line, int count) {
    String[] cells = line.replace("\\n", "\n").replace("\\\\", "\\").split("\t", -1);
    StringBuilder text = new StringBuilder(cells[1]);
    for (int i = 0; i < count; i++) {
      text.append(cells[2].replace("#", Integer.toString(i)));
    }
    return text + cells[3] + cells[4].repeat(count) + cells[5];
  }

  private static long lookAhead(String text) {
    Sources.Source source = new Sources.Source("x.sgl", text);
    Sgl parser = Modules.parser(source, new ArrayList<>(), SglLexer.DEFAULT_MODE);
    parser.setProfile(true);
    parser.file();
    ParseInfo info = parser.getParseInfo();
    return info.getTotalSLLLookaheadOps() + info.getTotalLLLookaheadOps();
  }
}
