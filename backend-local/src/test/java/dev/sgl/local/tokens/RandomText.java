package dev.sgl.local.tokens;

import java.util.List;
import java.util.SplittableRandom;

/// Texts of all kinds of characters: the places where patterns cut, and where characters join.
final class RandomText {
  private static final List<String> PIECES =
      List.of(
          "'s",
          "'LL",
          "'\u017f",
          "'Re",
          "''",
          "don't",
          "\r\n",
          "\n\n",
          "\t",
          "\u00a0",
          "\u3000",
          "\u0085",
          "\u200b",
          "\u0301",
          "e\u0301",
          "\u0315\u0300",
          "\u1100\u1161\u11a8",
          "\ufe0f",
          "\u200d",
          "½",
          "٣٤",
          "Ⅷ",
          "2024",
          "世界",
          "نص",
          "мир",
          "ǅ",
          "ſt",
          "K",
          "\ufb06",
          "…",
          "\ud83d\ude00",
          "\ud83c\uddf3\ud83c\udde6",
          "\ud835\udfd8",
          "\ud801\udc00",
          "<|",
          "|>",
          "  ",
          "\u0000",
          "ab",
          "abc",
          " the",
          "ing",
          "====",
          "\ufdfd",
          "\u0958",
          "\u212b");

  private RandomText() {}

  /// @param tokens names of tokens that the text may have in it
  static String of(SplittableRandom random, int size, List<String> tokens) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      switch (random.nextInt(10)) {
        case 0, 1 -> text.append(PIECES.get(random.nextInt(PIECES.size())));
        case 2 -> text.append(" \n\t\r\u2028".charAt(random.nextInt(5)));
        case 3 -> text.appendCodePoint(random.nextInt(0x20, 0x7f));
        case 4 -> text.appendCodePoint(random.nextInt(0x80, 0x800));
        case 5 -> text.appendCodePoint(random.nextInt(0x800, 0xd800));
        case 6 -> text.appendCodePoint(random.nextInt(0xe000, 0x20000));
        case 7 -> text.append((char) ('a' + random.nextInt(26)));
        case 8 -> text.append(String.valueOf((char) random.nextInt(0x20, 0x60)).repeat(3));
        default -> {
          if (!tokens.isEmpty() && random.nextBoolean()) {
            String token = tokens.get(random.nextInt(tokens.size()));
            text.append(token, 0, random.nextBoolean() ? token.length() : token.length() / 2);
          } else {
            text.append((char) ('0' + random.nextInt(10)));
          }
        }
      }
    }
    return text.toString();
  }
}
