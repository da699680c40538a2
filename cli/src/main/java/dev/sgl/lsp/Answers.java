package dev.sgl.lsp;

import dev.sgl.analysis.Completion;
import dev.sgl.analysis.Highlight;
import dev.sgl.analysis.Occurrence;
import dev.sgl.analysis.Symbol;
import dev.sgl.format.Formatter;
import dev.sgl.program.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.lsp4j.CompletionItem;
import org.eclipse.lsp4j.CompletionItemKind;
import org.eclipse.lsp4j.Diagnostic;
import org.eclipse.lsp4j.DiagnosticSeverity;
import org.eclipse.lsp4j.DocumentSymbol;
import org.eclipse.lsp4j.Hover;
import org.eclipse.lsp4j.Location;
import org.eclipse.lsp4j.MarkupContent;
import org.eclipse.lsp4j.MarkupKind;
import org.eclipse.lsp4j.Position;
import org.eclipse.lsp4j.Range;
import org.eclipse.lsp4j.SemanticTokens;
import org.eclipse.lsp4j.SymbolInformation;
import org.eclipse.lsp4j.SymbolKind;
import org.eclipse.lsp4j.TextEdit;
import org.eclipse.lsp4j.WorkspaceEdit;
import org.eclipse.lsp4j.jsonrpc.ResponseErrorException;
import org.eclipse.lsp4j.jsonrpc.messages.Either;
import org.eclipse.lsp4j.jsonrpc.messages.ResponseError;
import org.eclipse.lsp4j.jsonrpc.messages.ResponseErrorCode;

/// The analysis of a document in the protocol's terms.
final class Answers {
  /// The names of the colours, in the order of [Highlight.Kind].
  static final List<String> TOKEN_TYPES =
      Arrays.stream(Highlight.Kind.values()).map(Answers::tokenType).toList();

  static final Hover NO_HOVER = new Hover(List.of());

  private Answers() {}

  private static String tokenType(Highlight.Kind kind) {
    return switch (kind) {
      case MODULE -> "namespace";
      case PATTERN -> "regexp";
      case KEYWORD,
          FUNCTION,
          TYPE,
          VARIABLE,
          PARAMETER,
          PROPERTY,
          STRING,
          NUMBER,
          COMMENT,
          OPERATOR ->
          kind.name().toLowerCase(Locale.ROOT);
    };
  }

  static List<Diagnostic> diagnostics(Document document) {
    return document.analysis().diagnostics().stream()
        .map(
            d -> {
              String message = d.message() + d.help().map(h -> "\nhelp: " + h).orElse("");
              Diagnostic shown = new Diagnostic(document.range(d.span()), message);
              shown.setSeverity(
                  d.isWarning() ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error);
              shown.setSource("sgl");
              shown.setCode(d.code());
              return shown;
            })
        .toList();
  }

  private static Optional<Occurrence> at(Document document, Position position) {
    return document.analysis().at(document.codePoint(position));
  }

  static Hover hover(Document document, Position position) {
    return at(document, position)
        .map(
            o -> {
              String text =
                  "```sgl\n"
                      + o.shown()
                      + "\n```"
                      + (o.symbol().documentation().isEmpty()
                          ? ""
                          : "\n\n" + o.symbol().documentation());
              return new Hover(
                  new MarkupContent(MarkupKind.MARKDOWN, text), document.range(o.place()));
            })
        .orElse(NO_HOVER);
  }

  static List<CompletionItem> completions(Document document, Position position) {
    return document.analysis().complete(document.codePoint(position)).stream()
        .map(
            c -> {
              CompletionItem item = new CompletionItem(c.text());
              item.setKind(kind(c.kind()));
              item.setDetail(c.detail());
              item.setDocumentation(c.documentation());
              return item;
            })
        .toList();
  }

  private static CompletionItemKind kind(Completion.Kind kind) {
    return switch (kind) {
      case KEYWORD -> CompletionItemKind.Keyword;
      case FUNCTION -> CompletionItemKind.Function;
      case TYPE -> CompletionItemKind.Class;
      case MODULE -> CompletionItemKind.Module;
      case VARIABLE -> CompletionItemKind.Variable;
      case PROPERTY, OPTION -> CompletionItemKind.Property;
    };
  }

  static List<Location> definition(Document document, Position position) {
    return at(document, position)
        .map(Occurrence::symbol)
        .map(s -> List.of(new Location(document.uri(s.place()), document.range(s.place()))))
        .orElse(List.of());
  }

  static List<Location> references(Document document, Position position) {
    return at(document, position).map(o -> document.analysis().places(o.symbol())).stream()
        .flatMap(List::stream)
        .map(place -> new Location(document.uri(), document.range(place)))
        .toList();
  }

  /// The name that a rename would change.
  ///
  /// @throws ResponseErrorException if there is none in this document
  static Range renamed(Document document, Position position) {
    return document.range(renamable(document, position).place());
  }

  static WorkspaceEdit rename(Document document, Position position, String name) {
    if (!name.matches("[\\p{L}_][\\p{L}\\p{N}_]*")) {
      throw refused("`" + name + "` is no name");
    }
    List<Span> places = document.analysis().places(renamable(document, position).symbol());
    document
        .conflict(places, name)
        .ifPresent(
            why -> {
              throw refused("`" + name + "` would change the program: " + why);
            });
    List<TextEdit> edits =
        places.stream().map(place -> new TextEdit(document.range(place), name)).toList();
    return new WorkspaceEdit(Map.of(document.uri(), edits));
  }

  private static Occurrence renamable(Document document, Position position) {
    Occurrence occurrence =
        at(document, position).orElseThrow(() -> refused("there is no name here"));
    if (!document.uri(occurrence.symbol().place()).equals(document.uri())) {
      throw refused("`" + occurrence.symbol().name() + "` is defined in another file");
    }
    return occurrence;
  }

  private static ResponseErrorException refused(String why) {
    return new ResponseErrorException(
        new ResponseError(ResponseErrorCode.RequestFailed, why, null));
  }

  static List<Either<SymbolInformation, DocumentSymbol>> symbols(Document document) {
    List<Either<SymbolInformation, DocumentSymbol>> all = new ArrayList<>();
    for (Symbol symbol : document.analysis().symbols()) {
      boolean own = symbol.place().file().equals(document.analysis().file());
      kind(symbol.kind())
          .filter(_ -> own)
          .ifPresent(
              kind ->
                  all.add(
                      Either.forRight(
                          new DocumentSymbol(
                              symbol.name(),
                              kind,
                              document.range(symbol.whole()),
                              document.range(symbol.place())))));
    }
    return all;
  }

  /// The kind of a definition; variables are not in the outline.
  private static Optional<SymbolKind> kind(Symbol.Kind kind) {
    return Optional.ofNullable(
        switch (kind) {
          case PROGRAM, FRAGMENT, FN -> SymbolKind.Function;
          case TOOL -> SymbolKind.Interface;
          case TYPE -> SymbolKind.Class;
          case MODULE, MODEL -> SymbolKind.Module;
          case TEST -> SymbolKind.Event;
          case PARAMETER, VARIABLE -> null;
        });
  }

  static List<TextEdit> format(Document document) {
    return Formatter.format(document.uri(), document.text())
        .text()
        .filter(text -> !text.equals(document.text()))
        .map(text -> List.of(new TextEdit(document.whole(), text)))
        .orElse(List.of());
  }

  /// The colours, each as five numbers: lines and characters from the one before, length, kind,
  /// modifiers.
  static SemanticTokens tokens(Document document) {
    List<Integer> data = new ArrayList<>();
    Position before = new Position(0, 0);
    for (Highlight highlight : document.analysis().highlights()) {
      Range range = document.range(highlight.place());
      Position start = range.getStart();
      int lines = start.getLine() - before.getLine();
      data.add(lines);
      data.add(start.getCharacter() - (lines == 0 ? before.getCharacter() : 0));
      data.add(range.getEnd().getCharacter() - start.getCharacter());
      data.add(highlight.kind().ordinal());
      data.add(0);
      before = start;
    }
    return new SemanticTokens(data);
  }
}
