package dev.sgl.compiler;

import java.util.ArrayList;
import java.util.List;

/// The code blocks of a Markdown text.
final class Markdown {
  private Markdown() {}

  /// The blocks whose opening fence names `language`.
  static List<String> blocks(String text, String language) {
    List<String> blocks = new ArrayList<>();
    String[] parts = text.split("(?m)^```");
    for (int i = 1; i < parts.length; i += 2) {
      int line = parts[i].indexOf('\n');
      if (parts[i].substring(0, line).strip().equals(language)) {
        blocks.add(parts[i].substring(line + 1));
      }
    }
    return blocks;
  }
}
