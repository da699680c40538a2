package dev.sgl.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A chart of horizontal bars, as SVG: groups of one bar for each series.
final class Chart {
  private static final int LEFT = 150;
  private static final int WIDTH = 760;
  private static final int BAR = 11;
  private static final int GAP = 16;
  private static final int TOP = 74;
  private static final List<String> COLOURS = List.of("#b8c0cc", "#8fb8de", "#f2b872", "#2f7d5b");

  private record Group(String name, List<Double> values) {}

  private final String title;
  private final List<String> series;
  private final List<Group> groups = new ArrayList<>();

  Chart(String title, List<String> series) {
    this.title = title;
    this.series = series;
  }

  void add(String name, List<Double> values) {
    groups.add(new Group(name, values));
  }

  String svg() {
    int step = series.size() * BAR + GAP;
    int height = TOP + groups.size() * step + 10;
    double most =
        groups.stream().flatMap(g -> g.values().stream()).mapToDouble(v -> v).max().orElse(1);
    double scale = (WIDTH - LEFT - 60) / most;
    StringBuilder out = new StringBuilder();
    out.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d"
                + " %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">%n",
            WIDTH, height, WIDTH, height));
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    out.append(format("<text x=\"16\" y=\"26\" font-size=\"15\">%s</text>%n", title));
    for (int s = 0; s < series.size(); s++) {
      int x = 16 + s * 180;
      out.append(
          format(
              "<rect x=\"%d\" y=\"40\" width=\"11\" height=\"11\" fill=\"%s\"/>%n", x, colour(s)));
      out.append(format("<text x=\"%d\" y=\"50\">%s</text>%n", x + 16, series.get(s)));
    }
    for (int g = 0; g < groups.size(); g++) {
      group(groups.get(g), TOP + g * step, scale, out);
    }
    return out.append("</svg>\n").toString();
  }

  private void group(Group group, int top, double scale, StringBuilder out) {
    int middle = top + series.size() * BAR / 2 + 4;
    out.append(
        format(
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
            LEFT - 8, middle, group.name()));
    for (int s = 0; s < series.size(); s++) {
      double value = group.values().get(s);
      int y = top + s * BAR;
      out.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
              LEFT, y, value * scale, BAR - 1, colour(s)));
      out.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" font-size=\"10\">%.2f</text>%n",
              LEFT + value * scale + 5, y + 9, value));
    }
  }

  private static String colour(int series) {
    return COLOURS.get(series % COLOURS.size());
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
