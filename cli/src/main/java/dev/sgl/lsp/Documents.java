package dev.sgl.lsp;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.eclipse.lsp4j.CompletionItem;
import org.eclipse.lsp4j.CompletionList;
import org.eclipse.lsp4j.CompletionParams;
import org.eclipse.lsp4j.DefinitionParams;
import org.eclipse.lsp4j.Diagnostic;
import org.eclipse.lsp4j.DidChangeTextDocumentParams;
import org.eclipse.lsp4j.DidCloseTextDocumentParams;
import org.eclipse.lsp4j.DidOpenTextDocumentParams;
import org.eclipse.lsp4j.DidSaveTextDocumentParams;
import org.eclipse.lsp4j.DocumentFormattingParams;
import org.eclipse.lsp4j.DocumentSymbol;
import org.eclipse.lsp4j.DocumentSymbolParams;
import org.eclipse.lsp4j.Hover;
import org.eclipse.lsp4j.HoverParams;
import org.eclipse.lsp4j.Location;
import org.eclipse.lsp4j.LocationLink;
import org.eclipse.lsp4j.PrepareRenameDefaultBehavior;
import org.eclipse.lsp4j.PrepareRenameParams;
import org.eclipse.lsp4j.PrepareRenameResult;
import org.eclipse.lsp4j.PublishDiagnosticsParams;
import org.eclipse.lsp4j.Range;
import org.eclipse.lsp4j.ReferenceParams;
import org.eclipse.lsp4j.RenameParams;
import org.eclipse.lsp4j.SemanticTokens;
import org.eclipse.lsp4j.SemanticTokensParams;
import org.eclipse.lsp4j.SymbolInformation;
import org.eclipse.lsp4j.TextDocumentIdentifier;
import org.eclipse.lsp4j.TextEdit;
import org.eclipse.lsp4j.WorkspaceEdit;
import org.eclipse.lsp4j.jsonrpc.messages.Either;
import org.eclipse.lsp4j.jsonrpc.messages.Either3;
import org.eclipse.lsp4j.services.LanguageClient;
import org.eclipse.lsp4j.services.TextDocumentService;

/// The open documents, and the requests of an editor for them.
final class Documents implements TextDocumentService {
  private final Map<String, Document> open = new ConcurrentHashMap<>();
  private Optional<LanguageClient> client = Optional.empty();

  void connect(LanguageClient to) {
    client = Optional.of(to);
  }

  private void look(String uri, String text) {
    Document document = Document.of(uri, text);
    open.put(uri, document);
    publish(uri, Answers.diagnostics(document));
  }

  private void publish(String uri, List<Diagnostic> diagnostics) {
    client.ifPresent(to -> to.publishDiagnostics(new PublishDiagnosticsParams(uri, diagnostics)));
  }

  private <T> CompletableFuture<T> answer(
      TextDocumentIdentifier of, T none, Function<Document, T> answer) {
    Document document = open.get(of.getUri());
    return CompletableFuture.completedFuture(document == null ? none : answer.apply(document));
  }

  @Override
  public void didOpen(DidOpenTextDocumentParams opened) {
    look(opened.getTextDocument().getUri(), opened.getTextDocument().getText());
  }

  @Override
  public void didChange(DidChangeTextDocumentParams changed) {
    look(changed.getTextDocument().getUri(), changed.getContentChanges().getLast().getText());
  }

  @Override
  public void didClose(DidCloseTextDocumentParams closed) {
    String uri = closed.getTextDocument().getUri();
    open.remove(uri);
    publish(uri, List.of());
  }

  @Override
  public void didSave(DidSaveTextDocumentParams saved) {
    // a module of others: they are looked at again
    open.forEach((uri, document) -> look(uri, document.text()));
  }

  @Override
  public CompletableFuture<Hover> hover(HoverParams asked) {
    return answer(
        asked.getTextDocument(),
        Answers.NO_HOVER,
        document -> Answers.hover(document, asked.getPosition()));
  }

  @Override
  public CompletableFuture<Either<List<CompletionItem>, CompletionList>> completion(
      CompletionParams asked) {
    return answer(
        asked.getTextDocument(),
        Either.forLeft(List.of()),
        document -> Either.forLeft(Answers.completions(document, asked.getPosition())));
  }

  @Override
  public CompletableFuture<Either<List<? extends Location>, List<? extends LocationLink>>>
      definition(DefinitionParams asked) {
    return answer(
        asked.getTextDocument(),
        Either.forLeft(List.of()),
        document -> Either.forLeft(Answers.definition(document, asked.getPosition())));
  }

  @Override
  public CompletableFuture<List<? extends Location>> references(ReferenceParams asked) {
    return answer(
        asked.getTextDocument(),
        List.of(),
        document -> Answers.references(document, asked.getPosition()));
  }

  @Override
  public CompletableFuture<Either3<Range, PrepareRenameResult, PrepareRenameDefaultBehavior>>
      prepareRename(PrepareRenameParams asked) {
    return answer(
        asked.getTextDocument(),
        Either3.forThird(new PrepareRenameDefaultBehavior()),
        document -> Either3.forFirst(Answers.renamed(document, asked.getPosition())));
  }

  @Override
  public CompletableFuture<WorkspaceEdit> rename(RenameParams asked) {
    return answer(
        asked.getTextDocument(),
        new WorkspaceEdit(),
        document -> Answers.rename(document, asked.getPosition(), asked.getNewName()));
  }

  @Override
  public CompletableFuture<List<Either<SymbolInformation, DocumentSymbol>>> documentSymbol(
      DocumentSymbolParams asked) {
    return answer(asked.getTextDocument(), List.of(), Answers::symbols);
  }

  @Override
  public CompletableFuture<List<? extends TextEdit>> formatting(DocumentFormattingParams asked) {
    return answer(asked.getTextDocument(), List.of(), Answers::format);
  }

  @Override
  public CompletableFuture<SemanticTokens> semanticTokensFull(SemanticTokensParams asked) {
    return answer(asked.getTextDocument(), new SemanticTokens(List.of()), Answers::tokens);
  }
}
