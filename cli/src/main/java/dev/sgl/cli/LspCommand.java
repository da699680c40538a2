package dev.sgl.cli;

import dev.sgl.lsp.SglLanguageServer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `sglc lsp`
@Command(
    name = "lsp",
    description =
        "Serves an editor over the Language Server Protocol, on standard input and output.",
    mixinStandardHelpOptions = true)
final class LspCommand implements Callable<Integer> {
  @Option(names = "--stdio", description = "Accepted and without effect: there is no other way.")
  boolean stdio;

  @Override
  public Integer call() throws InterruptedException {
    return SglLanguageServer.serve(System.in, System.out);
  }
}
