package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ListTokenSource;
import org.antlr.v4.runtime.Token;

/// Parses a file and the modules that it uses.
final class Modules {
  private static final int MAX_MODULES = 200;

  private final Sources sources;
  private final List<Diagnostic> diagnostics;
  private final Map<String, String> texts = new LinkedHashMap<>(); // by file
  private final Deque<String> open = new ArrayDeque<>(); // files whose modules are being read
  private int count;

  Modules(Sources sources, List<Diagnostic> diagnostics) {
    this.sources = sources;
    this.diagnostics = diagnostics;
  }

  /// The texts of all files that were read, by their names.
  Map<String, String> texts() {
    return texts;
  }

  /// Parses `source` and its modules.
  SourceModule parse(Sources.Source source, String prefix) {
    count++;
    texts.put(source.file(), source.text());
    Sgl parser = parser(source, diagnostics, SglLexer.DEFAULT_MODE);
    CommonTokenStream tokens = (CommonTokenStream) parser.getTokenStream();
    SourceModule module = new SourceModule(source.file(), prefix, tokens, parser.file());
    open.push(source.file());
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      if (definition instanceof Sgl.UseContext use && use.name() != null && use.text() != null) {
        use(use, module);
      }
    }
    open.pop();
    return module;
  }

  /// A parser that tells `diagnostics` of mistakes.
  ///
  /// @param mode in which the lexer begins
  static Sgl parser(Sources.Source source, List<Diagnostic> diagnostics, int mode) {
    SglLexer lexer = new SglLexer(CharStreams.fromString(source.text(), source.file()));
    lexer.mode(mode);
    SyntaxErrors errors = new SyntaxErrors(source.file(), diagnostics);
    lexer.removeErrorListeners();
    lexer.addErrorListener(errors);
    List<Token> tokens = Braces.balanced(lexer.getAllTokens(), source.file(), diagnostics);
    Sgl parser = new Sgl(new Deadline.Tokens(new ListTokenSource(tokens, source.file())));
    parser.setErrorHandler(new Recovery());
    parser.removeErrorListeners();
    parser.addErrorListener(errors);
    return parser;
  }

  private void use(Sgl.UseContext use, SourceModule user) {
    String name = use.name().getText();
    String path = Literals.fixed(use.text());
    try {
      Sources.Source source = sources.read(user.file(), path);
      if (open.contains(source.file())) {
        throw new IOException("`" + path + "` uses this file itself");
      }
      if (count >= MAX_MODULES) {
        throw new IOException("the program uses more than " + MAX_MODULES + " modules");
      }
      if (user.uses().containsKey(name)) {
        diagnostics.add(Diagnostic.duplicateName(name, user.span(use.name())));
        return;
      }
      user.uses().put(name, parse(source, user.prefix() + name + "."));
    } catch (IOException e) {
      diagnostics.add(
          Diagnostic.unreadableFile(String.valueOf(e.getMessage()), user.span(use.text())));
    }
  }
}
