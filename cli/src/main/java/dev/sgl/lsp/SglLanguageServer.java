package dev.sgl.lsp;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.eclipse.lsp4j.CompletionOptions;
import org.eclipse.lsp4j.DidChangeConfigurationParams;
import org.eclipse.lsp4j.DidChangeWatchedFilesParams;
import org.eclipse.lsp4j.InitializeParams;
import org.eclipse.lsp4j.InitializeResult;
import org.eclipse.lsp4j.RenameOptions;
import org.eclipse.lsp4j.SemanticTokensLegend;
import org.eclipse.lsp4j.SemanticTokensWithRegistrationOptions;
import org.eclipse.lsp4j.ServerCapabilities;
import org.eclipse.lsp4j.ServerInfo;
import org.eclipse.lsp4j.TextDocumentSyncKind;
import org.eclipse.lsp4j.jsonrpc.Launcher;
import org.eclipse.lsp4j.launch.LSPLauncher;
import org.eclipse.lsp4j.services.LanguageClient;
import org.eclipse.lsp4j.services.LanguageClientAware;
import org.eclipse.lsp4j.services.LanguageServer;
import org.eclipse.lsp4j.services.TextDocumentService;
import org.eclipse.lsp4j.services.WorkspaceService;

/// A language server for one client.
///
/// Protocol: Language Server Protocol 3.17.
public final class SglLanguageServer implements LanguageServer, LanguageClientAware {
  private final Documents documents = new Documents();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private boolean isShutDown;

  /// Serves a client until it says goodbye, or is gone.
  ///
  /// @return the exit code: 0 if it said goodbye in the right way
  public static int serve(InputStream in, OutputStream out) throws InterruptedException {
    SglLanguageServer server = new SglLanguageServer();
    Launcher<LanguageClient> launcher = LSPLauncher.createServerLauncher(server, in, out);
    server.connect(launcher.getRemoteProxy());
    Future<?> listening = launcher.startListening();
    Thread.startVirtualThread(
        () -> {
          try {
            listening.get();
          } catch (ExecutionException e) {
            server.exit.complete(1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          server.exit.complete(1); // the client is gone
        });
    try {
      return server.exit.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void connect(LanguageClient client) {
    documents.connect(client);
  }

  @Override
  public CompletableFuture<InitializeResult> initialize(InitializeParams parameters) {
    ServerCapabilities can = new ServerCapabilities();
    can.setTextDocumentSync(TextDocumentSyncKind.Full);
    can.setHoverProvider(true);
    can.setDefinitionProvider(true);
    can.setReferencesProvider(true);
    can.setDocumentSymbolProvider(true);
    can.setDocumentFormattingProvider(true);
    can.setRenameProvider(new RenameOptions(true));
    can.setCompletionProvider(new CompletionOptions(false, List.of(".", ":", "(")));
    SemanticTokensWithRegistrationOptions tokens =
        new SemanticTokensWithRegistrationOptions(
            new SemanticTokensLegend(Answers.TOKEN_TYPES, List.of()));
    tokens.setFull(true);
    can.setSemanticTokensProvider(tokens);
    return CompletableFuture.completedFuture(new InitializeResult(can, new ServerInfo("sglc")));
  }

  @Override
  public CompletableFuture<Object> shutdown() {
    isShutDown = true;
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public void exit() {
    exit.complete(isShutDown ? 0 : 1);
  }

  @Override
  public TextDocumentService getTextDocumentService() {
    return documents;
  }

  @Override
  public WorkspaceService getWorkspaceService() {
    return new NoWorkspace();
  }

  /// Nothing of the workspace counts but the documents that are open.
  private static final class NoWorkspace implements WorkspaceService {
    @Override
    public void didChangeConfiguration(DidChangeConfigurationParams parameters) {}

    @Override
    public void didChangeWatchedFiles(DidChangeWatchedFilesParams parameters) {}
  }
}
