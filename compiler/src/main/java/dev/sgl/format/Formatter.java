package dev.sgl.format;

import dev.sgl.compiler.Brackets;
import dev.sgl.compiler.Parsed;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.SglLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/// Lays out source text. Lines are broken where their author broke them; the formatter
/// decides on blanks, indentation, empty lines and columns. Formatted text does not change
/// when it is formatted again, and means the same: only the characters between the tokens
/// change.
public final class Formatter {
  private final int[] source; // code points, as tokens count
  private final Places places;
  private final List<Token> tokens;
  private final Lines lines = new Lines();
  private final Deque<Open> open = new ArrayDeque<>();

  /// A bracket that is open.
  ///
  /// @param indent of the line that closes it
  /// @param isBroken whether the inside has lines of its own
  private record Open(int indent, boolean isBroken) {}

  private Formatter(Parsed parsed) {
    this.source = parsed.source().codePoints().toArray();
    this.places = new Places(parsed.tree());
    this.tokens = whole(parsed.tokens());
  }

  /// The outcome: the text, or the mistakes that keep it from being understood.
  public record Result(Optional<String> text, List<Diagnostic> diagnostics) {}

  /// Formats `source`; `file` is its name in messages.
  public static Result format(String file, String source) {
    Parsed parsed = Parsed.of(file, source);
    if (!parsed.diagnostics().isEmpty()) {
      return new Result(Optional.empty(), parsed.diagnostics());
    }
    return new Result(Optional.of(new Formatter(parsed).format()), List.of());
  }

  /// The tokens with the texts as one token each: their insides stay as they are.
  private static List<Token> whole(List<Token> all) {
    List<Token> tokens = new ArrayList<>();
    int depth = 0;
    for (Token token : all) {
      boolean opens = isTextOpen(token);
      boolean closes =
          token.getType() == SglLexer.TEXT_CLOSE || token.getType() == SglLexer.BLOCK_CLOSE;
      if (depth == 0 && token.getType() != Token.EOF && token.getType() != SglLexer.SPACE) {
        tokens.add(token);
      }
      depth += opens ? 1 : closes ? -1 : 0;
    }
    return tokens;
  }

  static boolean isTextOpen(Token token) {
    return token.getType() == SglLexer.TEXT_OPEN || token.getType() == SglLexer.BLOCK_OPEN;
  }

  static boolean isComment(Token token) {
    return token.getType() == SglLexer.COMMENT || token.getType() == SglLexer.DOC;
  }

  private String format() {
    int end = 0; // of the token before
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      int newlines = newlines(end, start(token));
      if (i == 0) {
        lines.begin(0);
      } else {
        separate(i, newlines);
      }
      place(token, i);
      end = end(token);
    }
    return lines.text();
  }

  private int newlines(int from, int to) {
    return (int) Arrays.stream(source, from, to).filter(c -> c == '\n').count();
  }

  private static int start(Token token) {
    return token.getStartIndex();
  }

  /// Where a token ends; a text with all that is in it.
  private int end(Token token) {
    return isTextOpen(token) ? places.endOfText(token) : token.getStopIndex() + 1;
  }

  // --- between two tokens

  private void separate(int index, int newlines) {
    Token before = tokens.get(index - 1);
    Token token = tokens.get(index);
    if (breaks(before, token, newlines)) {
      boolean tight = Brackets.isOpening(before) || Brackets.isClosing(token);
      boolean apart = open.isEmpty() && !isComment(before) && isApart(before, documented(index));
      if (!tight && (newlines > 1 || apart)) {
        lines.blank();
      }
      lines.begin(indent(token));
    } else if (isComment(token)) {
      lines.comment();
    } else if (places.isSpaced(before, token)) {
      lines.append(" ");
    }
    places.column(token).ifPresent(lines::column);
  }

  /// The token at `index`, or the one that the comments there stand before.
  private Token documented(int index) {
    int at = index;
    while (at + 1 < tokens.size() && isComment(tokens.get(at))) {
      at++;
    }
    return tokens.get(at);
  }

  /// A definition with lines of its own is separated from the definition before it.
  private boolean isApart(Token before, Token token) {
    return places.isDefinition(token)
        && (places.isRoutine(token) || before.getType() == SglLexer.RBRACE);
  }

  private boolean breaks(Token before, Token token, int newlines) {
    if (isComment(before)) {
      return true;
    }
    if (isComment(token)) {
      return newlines > 0 || before.getType() == SglLexer.DOC;
    }
    if (places.isJoined(before, token)) {
      return false;
    }
    if (Brackets.isOpening(before) || Brackets.isClosing(token)) {
      return !open.isEmpty()
          && open.peek().isBroken()
          && !(Brackets.isOpening(before) && Brackets.isClosing(token));
    }
    return newlines > 0 || places.isDefinition(token);
  }

  private int indent(Token token) {
    if (Brackets.isClosing(token)) {
      return open.isEmpty() ? 0 : open.peek().indent();
    }
    int level = open.isEmpty() ? 0 : open.peek().indent() + 1;
    return level + (isComment(token) || places.isItem(token) ? 0 : 1);
  }

  // --- tokens

  private void place(Token token, int index) {
    if (Brackets.isClosing(token) && !open.isEmpty()) {
      open.pop();
    }
    lines.append(
        isTextOpen(token)
            ? new String(source, start(token), end(token) - start(token))
            : token.getText().stripTrailing());
    if (Brackets.isOpening(token)) {
      open.push(new Open(lines.indent(), isBroken(index)));
    }
  }

  /// Whether there is a line end right inside of the bracket at `index`, on either side, or between
  /// the statements of its block.
  private boolean isBroken(int index) {
    int depth = 0;
    boolean block = places.isBlock(tokens.get(index));
    for (int i = index; i + 1 < tokens.size(); i++) {
      Token token = tokens.get(i);
      Token next = tokens.get(i + 1);
      depth += Brackets.isOpening(token) ? 1 : Brackets.isClosing(token) ? -1 : 0;
      if (depth == 0) {
        return false;
      }
      boolean counts =
          i == index
              || depth == 1 && Brackets.isClosing(next)
              || isComment(token) && depth == 1
              || block && depth == 1 && places.isItem(next);
      if (counts && newlines(end(token), start(next)) > 0) {
        return true;
      }
    }
    return false;
  }
}
