package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;

/// A text as it is written: its tokens with the blanks and comments between them, and their tree.
/// For tools that look at source; what a program means is [Compiler]'s.
public record Parsed(
    String source, List<Token> tokens, Sgl.FileContext tree, List<Diagnostic> diagnostics) {
  public Parsed {
    tokens = List.copyOf(tokens);
    diagnostics = List.copyOf(diagnostics);
  }

  /// The lines of documentation that stand before a definition or a field.
  public List<String> documentation(ParserRuleContext context) {
    return documentation(tokens, context);
  }

  /// The same among the tokens of a whole text.
  static List<String> documentation(List<Token> tokens, ParserRuleContext context) {
    List<String> lines = new ArrayList<>();
    for (int i = context.getStart().getTokenIndex() - 1; i >= 0; i--) {
      Token token = tokens.get(i);
      if (token.getChannel() == Token.DEFAULT_CHANNEL) {
        break;
      }
      if (token.getType() == SglLexer.DOC) {
        lines.addFirst(token.getText().substring(3).strip());
      }
    }
    return lines;
  }

  /// Calls `visit` for a tree and all trees in it, each before those inside it, from left to right.
  /// A long expression is a deep tree, so the walk does not recurse.
  public static void preorder(ParseTree tree, Consumer<ParseTree> visit) {
    Deque<ParseTree> open = new ArrayDeque<>();
    open.push(tree);
    while (!open.isEmpty()) {
      ParseTree next = open.pop();
      visit.accept(next);
      for (int i = next.getChildCount() - 1; i >= 0; i--) {
        open.push(next.getChild(i));
      }
    }
  }

  /// Parses `source`; `file` is its name in messages. Other files are not read.
  public static Parsed of(String file, String source) {
    List<Diagnostic> diagnostics = new ArrayList<>();
    try {
      Sgl parser = parser(file, source, diagnostics);
      Sgl.FileContext tree = parser.file();
      CommonTokenStream tokens = (CommonTokenStream) parser.getTokenStream();
      return new Parsed(source, tokens.getTokens(), tree, diagnostics);
    } catch (StackOverflowError e) {
      return new Parsed(
          source, List.of(), parser(file, "", List.of()).file(), List.of(Compiler.tooDeep(file)));
    }
  }

  private static Sgl parser(String file, String source, List<Diagnostic> diagnostics) {
    return Modules.parser(new Sources.Source(file, source), diagnostics, SglLexer.DEFAULT_MODE);
  }
}
