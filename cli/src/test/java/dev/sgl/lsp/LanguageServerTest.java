package dev.sgl.lsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.lsp4j.CompletionItem;
import org.eclipse.lsp4j.CompletionParams;
import org.eclipse.lsp4j.DefinitionParams;
import org.eclipse.lsp4j.DidChangeTextDocumentParams;
import org.eclipse.lsp4j.DidCloseTextDocumentParams;
import org.eclipse.lsp4j.DidOpenTextDocumentParams;
import org.eclipse.lsp4j.DocumentFormattingParams;
import org.eclipse.lsp4j.DocumentSymbolParams;
import org.eclipse.lsp4j.FormattingOptions;
import org.eclipse.lsp4j.HoverParams;
import org.eclipse.lsp4j.InitializeParams;
import org.eclipse.lsp4j.InitializedParams;
import org.eclipse.lsp4j.Location;
import org.eclipse.lsp4j.MessageActionItem;
import org.eclipse.lsp4j.MessageParams;
import org.eclipse.lsp4j.Position;
import org.eclipse.lsp4j.PublishDiagnosticsParams;
import org.eclipse.lsp4j.Range;
import org.eclipse.lsp4j.ReferenceContext;
import org.eclipse.lsp4j.ReferenceParams;
import org.eclipse.lsp4j.RenameParams;
import org.eclipse.lsp4j.SemanticTokensParams;
import org.eclipse.lsp4j.ShowMessageRequestParams;
import org.eclipse.lsp4j.TextDocumentContentChangeEvent;
import org.eclipse.lsp4j.TextDocumentIdentifier;
import org.eclipse.lsp4j.TextDocumentItem;
import org.eclipse.lsp4j.TextEdit;
import org.eclipse.lsp4j.VersionedTextDocumentIdentifier;
import org.eclipse.lsp4j.launch.LSPLauncher;
import org.eclipse.lsp4j.services.LanguageClient;
import org.eclipse.lsp4j.services.LanguageServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The language server as a client of the protocol sees it, over streams.
@Timeout(60)
class LanguageServerTest {
  private static final String SOURCE =
      """
      use "./shots.sgl" as shots

      /// A 😀 tip.
      type Tip = { title: string, stars: int<1..5> }

      /// Gives tips.
      program tips(topic: string = "sleep") -> Tip {
        user "Tips about {topic} 😀 {topic.upper()}"
        fork i in 1..3 as drafts {
          assistant gen tip: Tip
        }
        join drafts
        let best = drafts[0].tip
        shots.show(best.title)
        return best
      }
      """;

  /// A client that keeps what it is told.
  private static final class Client implements LanguageClient {
    private final BlockingQueue<PublishDiagnosticsParams> told = new LinkedBlockingQueue<>();

    @Override
    public void telemetryEvent(Object object) {}

    @Override
    public void publishDiagnostics(PublishDiagnosticsParams diagnostics) {
      told.add(diagnostics);
    }

    @Override
    public void showMessage(MessageParams message) {}

    @Override
    public CompletableFuture<MessageActionItem> showMessageRequest(
        ShowMessageRequestParams request) {
      return CompletableFuture.completedFuture(new MessageActionItem());
    }

    @Override
    public void logMessage(MessageParams message) {}

    List<String> codes() throws InterruptedException {
      PublishDiagnosticsParams next = told.poll(30, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no diagnostics came");
      }
      return next.getDiagnostics().stream().map(d -> d.getCode().getLeft()).toList();
    }
  }

  @TempDir Path folder = Path.of("");

  private final Client client = new Client();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();
  private LanguageServer server = new SglLanguageServer();
  private TextDocumentIdentifier document = new TextDocumentIdentifier("");

  @BeforeEach
  void connect() throws Exception {
    PipedInputStream toServer = new PipedInputStream(1 << 16);
    PipedInputStream toClient = new PipedInputStream(1 << 16);
    PipedOutputStream fromClient = new PipedOutputStream(toServer);
    PipedOutputStream fromServer = new PipedOutputStream(toClient);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                ended.complete(SglLanguageServer.serve(toServer, fromServer));
              } catch (InterruptedException e) {
                ended.completeExceptionally(e);
              }
            });
    var launcher = LSPLauncher.createClientLauncher(client, toClient, fromClient);
    launcher.startListening();
    server = launcher.getRemoteProxy();
    var able = server.initialize(new InitializeParams()).get().getCapabilities();
    assertTrue(able.getHoverProvider().getLeft());
    server.initialized(new InitializedParams());
    Files.writeString(
        folder.resolve("shots.sgl"), "/// Shows.\nfragment show(text: string) { user text }\n");
    document = new TextDocumentIdentifier(folder.resolve("tips.sgl").toUri().toString());
  }

  @AfterEach
  void disconnect() throws Exception {
    server.shutdown().get();
    server.exit();
    assertEquals(0, ended.get(30, TimeUnit.SECONDS));
  }

  private void open(String text) {
    server
        .getTextDocumentService()
        .didOpen(
            new DidOpenTextDocumentParams(new TextDocumentItem(document.getUri(), "sgl", 1, text)));
  }

  /// The place of the `nth` occurrence of `word`, in the middle of it.
  private static Position place(String word, int nth) {
    int at = -1;
    for (int i = 0; i < nth; i++) {
      at = SOURCE.indexOf(word, at + 1);
    }
    at += word.length() / 2;
    int line = (int) SOURCE.substring(0, at).chars().filter(c -> c == '\n').count();
    return new Position(line, at - SOURCE.lastIndexOf('\n', at - 1) - 1);
  }

  private String hover(String word, int nth) throws Exception {
    return server
        .getTextDocumentService()
        .hover(new HoverParams(document, place(word, nth)))
        .get()
        .toString();
  }

  @Test
  void mistakesAreToldWhileTyping() throws Exception {
    open(SOURCE);
    assertEquals(List.of(), client.codes());
    for (String broken : List.of("topic.uper", "topic.upper")) {
      server
          .getTextDocumentService()
          .didChange(
              new DidChangeTextDocumentParams(
                  new VersionedTextDocumentIdentifier(document.getUri(), 2),
                  List.of(
                      new TextDocumentContentChangeEvent(SOURCE.replace("topic.upper", broken)))));
      assertEquals(broken.endsWith("uper"), client.codes().contains("unknown-function"));
    }
    server.getTextDocumentService().didClose(new DidCloseTextDocumentParams(document));
    assertEquals(List.of(), client.codes());
  }

  @Test
  void hoverShowsTypesAndDocumentation() throws Exception {
    open(SOURCE);
    assertTrue(hover("tips", 2).contains("program tips(topic: string = \"sleep\") -> Tip"));
    assertTrue(hover("tips", 2).contains("Gives tips."));
    assertTrue(hover("topic", 2).contains("topic: string"), hover("topic", 2));
    assertTrue(hover("topic", 3).contains("topic: string"), "behind a character of two");
    assertTrue(hover("best", 2).contains("stars: int<1..5>"), hover("best", 2));
    assertTrue(hover("Tip", 4).contains("A 😀 tip."), hover("Tip", 4));
    assertTrue(hover("show", 3).contains("fragment show(text: string)"), hover("show", 3));
  }

  @Test
  void definitionsAreFoundInThisFileAndInModules() throws Exception {
    open(SOURCE);
    assertEquals(List.of(new Range(new Position(6, 13), new Position(6, 18))), targets("topic", 3));
    assertEquals(List.of(new Range(new Position(3, 5), new Position(3, 8))), targets("Tip", 4));
    assertEquals(List.of(new Range(new Position(1, 9), new Position(1, 13))), targets("show", 3));
    assertEquals(List.of(), targets("return", 1));
  }

  private List<Range> targets(String word, int nth) throws Exception {
    return server
        .getTextDocumentService()
        .definition(new DefinitionParams(document, place(word, nth)))
        .get()
        .getLeft()
        .stream()
        .map(Location::getRange)
        .toList();
  }

  @Test
  void aRenameChangesEveryPlace() throws Exception {
    open(SOURCE);
    var references =
        server
            .getTextDocumentService()
            .references(
                new ReferenceParams(document, place("topic", 2), new ReferenceContext(true)))
            .get();
    assertEquals(3, references.size());
    var edit =
        server
            .getTextDocumentService()
            .rename(new RenameParams(document, place("topic", 2), "subject"))
            .get();
    assertEquals(
        SOURCE.replace("topic", "subject"),
        applied(edit.getChanges().getOrDefault(document.getUri(), List.of())));
    var drafts =
        server
            .getTextDocumentService()
            .rename(new RenameParams(document, place("drafts", 3), "all"))
            .get();
    assertEquals(
        SOURCE.replace("drafts", "all"),
        applied(drafts.getChanges().getOrDefault(document.getUri(), List.of())));
    for (String wrong : List.of("1x", "a b", "gen")) {
      assertThrows(
          ExecutionException.class,
          () ->
              server
                  .getTextDocumentService()
                  .rename(new RenameParams(document, place("topic", 2), wrong))
                  .get());
    }
    assertThrows(
        ExecutionException.class,
        () ->
            server
                .getTextDocumentService()
                .rename(new RenameParams(document, place("best", 1), "drafts"))
                .get());
  }

  private static String applied(List<TextEdit> edits) {
    StringBuilder text = new StringBuilder(SOURCE);
    List<TextEdit> backwards = new ArrayList<>(edits);
    backwards.sort(
        (a, b) ->
            Integer.compare(offset(b.getRange().getStart()), offset(a.getRange().getStart())));
    for (TextEdit edit : backwards) {
      text.replace(
          offset(edit.getRange().getStart()), offset(edit.getRange().getEnd()), edit.getNewText());
    }
    return text.toString();
  }

  private static int offset(Position position) {
    int at = 0;
    for (int i = 0; i < position.getLine(); i++) {
      at = SOURCE.indexOf('\n', at) + 1;
    }
    return at + position.getCharacter();
  }

  private List<String> completions(String text) throws Exception {
    open(text);
    int line = (int) text.chars().filter(c -> c == '\n').count();
    Position end = new Position(line, text.length() - text.lastIndexOf('\n') - 1);
    return server
        .getTextDocumentService()
        .completion(new CompletionParams(document, end))
        .get()
        .getLeft()
        .stream()
        .map(CompletionItem::getLabel)
        .toList();
  }

  @Test
  void completionKnowsThePlace() throws Exception {
    assertTrue(completions("pro").contains("program"));
    assertTrue(completions("type Tip = { a: int }\nprogram p() {\n  gen x: ").contains("Tip"));
    assertTrue(completions("program p() {\n  gen x (").contains("temperature"));
    List<String> statement = completions("program p(topic: string) {\n  let n = 1\n  log ");
    assertTrue(statement.containsAll(List.of("topic", "n", "upper")), statement.toString());
    String test = "tool search(q: string)\nprogram p() { search(1) }\ntest \"t\" {\n  ";
    assertTrue(completions(test).containsAll(List.of("given", "check", "fails")));
    assertTrue(!statement.contains("given"), statement.toString());
    assertEquals(List.of("model", "tool"), completions(test + "given "));
    assertEquals(List.of("search"), completions(test + "given tool "));
    String model = "model judge\nprogram p() {\n  let x = judge.score(1)\n  let y = judge.";
    assertTrue(completions(model).containsAll(List.of("embed", "rank", "score", "classify")));
    String record =
        "type Tip = { title: string }\nprogram p(tip: Tip) {\n  log tip.title\n  log tip.";
    assertTrue(completions(record).contains("title"), completions(record).toString());
  }

  @Test
  void formattingOutlineAndColours() throws Exception {
    open("program  p( ){ return 1 }");
    var edits =
        server
            .getTextDocumentService()
            .formatting(new DocumentFormattingParams(document, new FormattingOptions(2, true)))
            .get();
    assertEquals("program p() { return 1 }\n", edits.getFirst().getNewText());
    open(SOURCE);
    var symbols =
        server.getTextDocumentService().documentSymbol(new DocumentSymbolParams(document)).get();
    assertEquals(
        List.of("shots", "Tip", "tips"),
        symbols.stream().map(s -> s.getRight().getName()).toList());
    var data =
        server
            .getTextDocumentService()
            .semanticTokensFull(new SemanticTokensParams(document))
            .get()
            .getData();
    assertEquals(0, data.size() % 5);
    Map<String, String> colours = colours(data);
    assertEquals("keyword", colours.get("program"));
    assertEquals("function", colours.get("tips"));
    assertEquals("parameter", colours.get("topic"));
    assertEquals("type", colours.get("Tip"));
    assertEquals("variable", colours.get("best"));
    assertEquals("comment", colours.get("/// Gives tips."));
  }

  private static Map<String, String> colours(List<Integer> data) {
    Map<String, String> colours = new HashMap<>();
    int line = 0;
    int character = 0;
    for (int i = 0; i < data.size(); i += 5) {
      character = data.get(i) == 0 ? character + data.get(i + 1) : data.get(i + 1);
      line += data.get(i);
      int at = offset(new Position(line, character));
      colours.put(
          SOURCE.substring(at, at + data.get(i + 2)), Answers.TOKEN_TYPES.get(data.get(i + 3)));
    }
    return colours;
  }

  @Test
  void placesAreRightBehindSignsOfTwoCharacters() throws Exception {
    open("// 😀😀😀 hi\nprogram p(tip: { title: string }) {\n  log \"😀\" + tip.\n}");
    var data =
        server
            .getTextDocumentService()
            .semanticTokensFull(new SemanticTokensParams(document))
            .get()
            .getData();
    for (int i = 2; i < data.size(); i += 5) {
      assertTrue(data.get(i) > 0, data.toString());
    }
    assertEquals(12, data.get(2));
    var found =
        server
            .getTextDocumentService()
            .completion(new CompletionParams(document, new Position(2, 17)))
            .get();
    assertTrue(
        found.getLeft().stream().anyMatch(c -> c.getLabel().equals("title")), found.toString());
  }

  @Test
  void aTextThatIsNoProgramYetIsNoTrouble() throws Exception {
    for (String text :
        List.of(
            "", "prog", "program p(", "type = ", "use \"x", "\"😀{", "}}}", "[[{(".repeat(5_000))) {
      open(text);
      assertTrue(client.codes().size() <= 3, text);
      for (int i = 0; i <= Math.min(20, text.length()); i++) {
        Position at = new Position(0, i);
        server.getTextDocumentService().hover(new HoverParams(document, at)).get();
        server.getTextDocumentService().completion(new CompletionParams(document, at)).get();
      }
      server.getTextDocumentService().semanticTokensFull(new SemanticTokensParams(document)).get();
    }
  }

  @Test
  void aFileOfManyLinesIsLookedAtInTime() throws IOException, InterruptedException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      text.append(SOURCE.replace("tips(", "tips" + i + "(").replaceAll("(?s)^.*?/// Gives", "///"));
    }
    open(SOURCE.replaceAll("(?s)/// Gives.*", "") + text);
    assertEquals(List.of(), client.codes());
  }
}
