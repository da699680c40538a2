package dev.sgl.format;

import java.util.ArrayList;
import java.util.List;

/// Lines that are being written, and the columns in which neighbours line up.
final class Lines {
  private static final String INDENT = "  ";

  private final List<Line> lines = new ArrayList<>();

  /// @param column where something begins that lines up with the same of its neighbours, or -1
  /// @param comment where a comment behind the line begins, or -1
  private static final class Line {
    private final StringBuilder text = new StringBuilder();
    private final int indent;
    private Object group = "";
    private int column = -1;
    private int comment = -1;

    private Line(int indent) {
      this.indent = indent;
      text.append(INDENT.repeat(indent));
    }
  }

  void begin(int indent) {
    lines.add(new Line(indent));
  }

  void blank() {
    lines.add(new Line(0));
  }

  int indent() {
    return lines.getLast().indent;
  }

  void append(String text) {
    lines.getLast().text.append(text);
  }

  /// The next word is a comment at the end of the line.
  void comment() {
    Line line = lines.getLast();
    line.comment = line.text.length();
  }

  /// The next word is aligned with the same word of the neighbouring lines of `group`.
  void column(Object group) {
    Line line = lines.getLast();
    if (line.column < 0) {
      line.column = line.text.length();
      line.group = group;
    }
  }

  String text() {
    lineUpColumns();
    lineUpComments();
    StringBuilder out = new StringBuilder();
    for (Line line : lines) {
      out.append(line.text.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  private void lineUpColumns() {
    for (int from = 0; from < lines.size(); ) {
      int to = from + 1;
      while (to < lines.size()
          && lines.get(from).column >= 0
          && lines.get(to).column >= 0
          && !isBroken(lines.get(to - 1))
          && lines.get(to).group.equals(lines.get(from).group)) {
        to++;
      }
      List<Line> group = lines.subList(from, to);
      int column = group.stream().mapToInt(line -> line.column).max().orElse(0);
      group.stream()
          .filter(line -> line.column >= 0)
          .forEach(
              line -> {
                int pad = column - line.column;
                line.text.insert(line.column, " ".repeat(pad));
                line.comment += line.comment < 0 ? 0 : pad;
              });
      from = to;
    }
  }

  /// A text over several lines keeps its line out of the columns.
  private static boolean isBroken(Line line) {
    return line.text.indexOf("\n") >= 0;
  }

  private void lineUpComments() {
    for (int from = 0; from < lines.size(); ) {
      int to = from + 1;
      while (to < lines.size() && lines.get(from).comment >= 0 && lines.get(to).comment >= 0) {
        to++;
      }
      List<Line> group = lines.subList(from, to);
      int column = group.stream().mapToInt(Lines::width).max().orElse(0);
      group.stream()
          .filter(line -> line.comment >= 0)
          .forEach(line -> line.text.insert(line.comment, " ".repeat(column - width(line) + 2)));
      from = to;
    }
  }

  /// Characters of the last line of text before its comment.
  private static int width(Line line) {
    if (line.comment < 0) {
      return 0;
    }
    String before = line.text.substring(0, line.comment);
    String last = before.substring(before.lastIndexOf('\n') + 1);
    return last.codePointCount(0, last.length());
  }
}
