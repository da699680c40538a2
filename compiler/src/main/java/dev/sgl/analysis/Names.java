package dev.sgl.analysis;

import dev.sgl.analysis.Analysis.Mention;
import dev.sgl.compiler.Bindings;
import dev.sgl.compiler.Parsed;
import dev.sgl.compiler.Sources;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Span;
import dev.sgl.program.Tool.NamedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;
import org.antlr.v4.runtime.tree.ParseTree;
import org.jspecify.annotations.Nullable;

/// Finds the definition of each name in a text: of routines, types and modules by their names, of
/// variables by the places at which the checker met them.
final class Names {
  /// Words before which a variable is bound.
  private static final Set<Integer> BINDERS =
      Set.of(
          SglLexer.LET,
          SglLexer.GEN,
          SglLexer.SELECT,
          SglLexer.THINK,
          SglLexer.FOR,
          SglLexer.FORK,
          SglLexer.AS,
          SglLexer.CALLING,
          SglLexer.COMMA);

  private final String file;
  private final List<Token> code; // without blanks and comments
  private final List<Symbol> symbols = new ArrayList<>();
  private final Map<String, Symbol> definitions = new HashMap<>(); // by name; `m.name` of a module
  private final List<Occurrence> occurrences = new ArrayList<>();
  private final Bindings bindings = new Bindings();

  Names(String file, Parsed parsed, List<Mention> mentions, Sources sources) {
    this.file = file;
    this.code =
        parsed.tokens().stream().filter(t -> t.getChannel() == Token.DEFAULT_CHANNEL).toList();
    define(parsed, file, "");
    parsed.tree().definition().forEach(d -> module(d, sources));
    Parsed.preorder(parsed.tree(), this::visit);
    variables(mentions);
    symbols.sort(Comparator.comparingInt(s -> s.place().start()));
    occurrences.sort(Comparator.comparingInt(o -> o.place().start()));
  }

  List<Symbol> symbols() {
    return List.copyOf(symbols);
  }

  List<Occurrence> occurrences() {
    return List.copyOf(occurrences);
  }

  // --- definitions

  private void define(Parsed of, String from, String prefix) {
    for (Sgl.DefinitionContext definition : of.tree().definition()) {
      switch (definition) {
        case Sgl.RoutineContext routine when routine.name() != null && routine.block() != null ->
            add(
                Symbol.Kind.valueOf(routine.kind.getText().toUpperCase(Locale.ROOT)),
                prefix,
                routine.name(),
                definition,
                head(routine, routine.block().getStart()),
                of,
                from);
        case Sgl.ToolContext tool when tool.name() != null ->
            add(Symbol.Kind.TOOL, prefix, tool.name(), definition, head(tool, null), of, from);
        case Sgl.NamedModelContext model when model.name() != null -> model(model, of, from);
        case Sgl.TypeAliasContext type when type.name() != null ->
            add(Symbol.Kind.TYPE, prefix, type.name(), definition, head(type, null), of, from);
        case Sgl.UseContext use when use.name() != null && prefix.isEmpty() ->
            add(Symbol.Kind.MODULE, prefix, use.name(), definition, head(use, null), of, from);
        case Sgl.TestContext test when test.text() != null && prefix.isEmpty() ->
            symbols.add(
                new Symbol(
                    Symbol.Kind.TEST,
                    test.text().getText(),
                    span(test.text(), from),
                    span(test, from),
                    "test " + test.text().getText(),
                    ""));
        default -> {}
      }
    }
  }

  /// A model has the same name in all files. Its functions are no symbols of the outline.
  private void model(Sgl.NamedModelContext model, Parsed of, String from) {
    String name = model.name().getText();
    Symbol symbol =
        new Symbol(
            Symbol.Kind.MODEL,
            name,
            span(model.name(), from),
            span(model, from),
            head(model, null),
            String.join("\n", of.documentation(model)));
    symbols.add(symbol);
    definitions.putIfAbsent(name, symbol);
    if (from.equals(file)) {
      occurrences.add(new Occurrence(symbol.place(), symbol, symbol.shown()));
    }
    for (NamedModel.Function function : NamedModel.Function.values()) {
      String whole = function.of(name);
      definitions.putIfAbsent(
          whole,
          new Symbol(
              Symbol.Kind.TOOL,
              whole,
              symbol.place(),
              symbol.whole(),
              function.signature(name),
              function.documentation()));
    }
  }

  private void add(
      Symbol.Kind kind,
      String prefix,
      Sgl.NameContext name,
      ParserRuleContext whole,
      String shown,
      Parsed of,
      String from) {
    Symbol symbol =
        new Symbol(
            kind,
            prefix + name.getText(),
            span(name, from),
            span(whole, from),
            shown,
            String.join("\n", of.documentation(whole)));
    symbols.add(symbol);
    definitions.putIfAbsent(symbol.name(), symbol);
    if (prefix.isEmpty()) {
      occurrences.add(new Occurrence(symbol.place(), symbol, shown));
    }
  }

  /// The text of a definition up to `end`, or the whole of it.
  private static String head(ParserRuleContext definition, @Nullable Token end) {
    int stop =
        end != null
            ? end.getStartIndex()
            : definition.getStop() == null
                ? definition.getStart().getStopIndex() + 1
                : definition.getStop().getStopIndex() + 1;
    int start = definition.getStart().getStartIndex();
    return definition.getStart().getInputStream().getText(Interval.of(start, stop - 1)).strip();
  }

  /// Takes in what a module defines that the text uses.
  private void module(Sgl.DefinitionContext definition, Sources sources) {
    if (definition instanceof Sgl.UseContext use && use.name() != null && use.text() != null) {
      String path = use.text().getText().replaceAll("^\"|\"$", "");
      try {
        Sources.Source source = sources.read(file, path);
        define(Parsed.of(source.file(), source.text()), source.file(), use.name().getText() + ".");
      } catch (IOException e) {
        return; // a diagnostic says so
      }
    }
  }

  // --- uses of definitions

  private void visit(ParseTree tree) {
    switch (tree) {
      case Sgl.NamedTypeContext type when type.typeName != null -> {
        if (type.module != null) {
          use(type.module.getText(), type.module);
          use(type.module.getText() + "." + type.typeName.getText(), type.typeName);
        } else {
          use(type.typeName.getText(), type.typeName);
        }
      }
      case Sgl.CallTypeContext call -> call.name().forEach(name -> use(name.getText(), name));
      case Sgl.CallPatternContext call when !call.name().isEmpty() ->
          use(call.name(0).getText(), call.name(0));
      case Sgl.ToolNameContext tool when !tool.name().isEmpty() -> {
        use(tool.name().getFirst().getText(), tool.name().getFirst());
        if (tool.DOT() != null) {
          use(tool.getText(), tool.name().getLast());
        }
      }
      case Sgl.ReferenceContext name when name.arguments() != null || isDefinition(name) ->
          use(name.name().getText(), name.name());
      case Sgl.MemberContext member when member.word() != null -> member(member);
      default -> {}
    }
  }

  /// Whether the name of a type is written as a value, which is the description of the type, or
  /// that of a module or a model before a dot.
  private boolean isDefinition(Sgl.ReferenceContext name) {
    Symbol symbol = definitions.get(name.getText());
    return symbol != null
        && Set.of(Symbol.Kind.TYPE, Symbol.Kind.MODULE, Symbol.Kind.MODEL).contains(symbol.kind())
        && !bindings.isBound(name.getText(), name);
  }

  private void member(Sgl.MemberContext member) {
    String word = member.word().getText();
    if (member.expression() instanceof Sgl.ReferenceContext of
        && of.arguments() == null
        && !bindings.isBound(of.getText(), of)
        && definitions.containsKey(of.getText() + "." + word)) {
      use(of.getText() + "." + word, member.word());
    } else if (member.arguments() != null) {
      use(word, member.word());
    }
  }

  private void use(String name, ParserRuleContext place) {
    Symbol symbol = definitions.get(name);
    if (symbol != null) {
      occurrences.add(new Occurrence(span(place, file), symbol, symbol.shown()));
    }
  }

  // --- variables

  private void variables(List<Mention> mentions) {
    Map<String, Symbol> bound = new HashMap<>(); // by name and place of the definition
    Set<Span> known = new HashSet<>();
    for (Mention mention : mentions) {
      if (isDefinition(mention)) {
        binder(mention).ifPresent(token -> bind(mention, span(token), bound, known));
      }
    }
    for (Mention mention : mentions) {
      Symbol symbol = bound.get(key(mention));
      if (symbol != null && !isDefinition(mention)) {
        named(mention.place(), mention.name())
            .map(this::span)
            .filter(known::add)
            .ifPresent(at -> occurrences.add(new Occurrence(at, symbol, shown(mention))));
      }
    }
  }

  /// @param known the places whose names are in the list of occurrences
  private void bind(Mention mention, Span place, Map<String, Symbol> bound, Set<Span> known) {
    boolean isParameter = mention.place().start() == place.start();
    Symbol.Kind kind = isParameter ? Symbol.Kind.PARAMETER : Symbol.Kind.VARIABLE;
    String shown = shown(mention);
    Symbol symbol = new Symbol(kind, mention.name(), place, mention.place(), shown, "");
    bound.put(key(mention), symbol);
    if (known.add(place)) {
      symbols.add(symbol);
      occurrences.add(new Occurrence(place, symbol, shown));
    }
  }

  private static boolean isDefinition(Mention mention) {
    return mention.place().equals(mention.definition());
  }

  /// Tells variables of the same name apart.
  private static String key(Mention mention) {
    return mention.name() + mention.definition();
  }

  private static String shown(Mention mention) {
    return mention.name() + ": " + mention.type().show();
  }

  /// The token that binds a variable.
  private Optional<Token> binder(Mention mention) {
    int first = first(mention.place());
    for (int i = first; i < code.size() && isIn(mention.place(), code.get(i)); i++) {
      if (code.get(i).getText().equals(mention.name())
          && (i == first || BINDERS.contains(code.get(i - 1).getType()))) {
        return Optional.of(code.get(i));
      }
    }
    return Optional.empty();
  }

  /// The first token of the name in a place.
  private Optional<Token> named(Span place, String name) {
    for (int i = first(place); i < code.size() && isIn(place, code.get(i)); i++) {
      if (code.get(i).getText().equals(name)) {
        return Optional.of(code.get(i));
      }
    }
    return Optional.empty();
  }

  /// The number of the first token of a place.
  private int first(Span place) {
    int low = 0;
    int high = code.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (code.get(middle).getStartIndex() < place.start()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean isIn(Span place, Token token) {
    return token.getStopIndex() < place.end();
  }

  // --- places

  private Span span(Token token) {
    return new Span(
        file,
        token.getStartIndex(),
        token.getStopIndex() + 1,
        token.getLine(),
        token.getCharPositionInLine() + 1);
  }

  private static Span span(ParserRuleContext context, String file) {
    Token start = context.getStart();
    Token stop = context.getStop() == null ? start : context.getStop();
    return new Span(
        file,
        start.getStartIndex(),
        Math.max(start.getStartIndex(), stop.getStopIndex() + 1),
        start.getLine(),
        start.getCharPositionInLine() + 1);
  }
}
