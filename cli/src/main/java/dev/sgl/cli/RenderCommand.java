package dev.sgl.cli;

import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.ModelOptions;
import dev.sgl.cli.options.Terminal;
import dev.sgl.interpreter.Prefix;
import dev.sgl.local.engine.PromptReader;
import dev.sgl.local.engine.PromptReader.Token;
import dev.sgl.program.Program;
import dev.sgl.program.Values;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `sglc render FILE [name=value …]`
@Command(
    name = "render",
    description = {
      "Shows what the model would see when it is asked first, without running it.",
      "",
      "The prompt is what the model's chat template makes of the conversation. What all runs of the"
          + " program share, whatever their arguments, is underlined, or stands before a line that says"
          + " so. Arguments that are left out have their defaults."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RenderCommand implements Callable<Integer> {
  private static final String UNDERLINED = "\u001b[4m";
  private static final String PLAIN = "\u001b[0m";

  @Mixin ProgramCall called = new ProgramCall();

  @Mixin ModelOptions model = new ModelOptions();

  @Option(names = "--tokens", description = "Show each token with its number.")
  boolean tokens;

  @Option(
      names = "--json",
      description =
          "Print the prompt's text, its tokens and how many of them all runs share as JSON.")
  boolean json;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Program program = called.compile(err).program().orElseThrow();
    Map<String, Object> arguments = Prefix.arguments(program, called.arguments(program));
    Prefix.Known whole = Prefix.firstPrompt(program, arguments);
    if (whole.prompt().isEmpty()) {
      err.println("nothing is said before " + where(whole));
      return ExitCode.OK;
    }
    try (PromptReader reader =
        PromptReader.open(model.folder(err, Terminal.detect().err()).folder())) {
      List<Token> all = reader.tokens(whole.prompt().get());
      int shared =
          Prefix.firstPrompt(program, Map.of())
              .prompt()
              .map(p -> common(all, reader.tokens(p)))
              .orElse(0);
      if (json) {
        out.println(Values.json(value(all, shared)));
      } else {
        show(all, shared, whole, out);
      }
    }
    return ExitCode.OK;
  }

  /// How many tokens both begin with.
  private static int common(List<Token> one, List<Token> other) {
    int count = 0;
    while (count < Math.min(one.size(), other.size())
        && one.get(count).id() == other.get(count).id()) {
      count++;
    }
    return count;
  }

  private void show(List<Token> all, int shared, Prefix.Known whole, PrintWriter out) {
    String known = text(all.subList(0, shared));
    String own = text(all.subList(shared, all.size()));
    if (Terminal.detect().colors()) {
      out.println(UNDERLINED + known + PLAIN + own);
    } else {
      out.println(known);
      out.println("── all runs share what stands above");
      out.println(own);
    }
    out.println();
    out.println(
        all.size() + " tokens, " + shared + " of them shared by all runs; ends at " + where(whole));
  }

  private String text(List<Token> some) {
    return some.stream()
        .map(token -> tokens ? token.id() + " " + Values.quote(token.text()) + "\n" : token.text())
        .collect(Collectors.joining());
  }

  private static Map<String, Object> value(List<Token> all, int shared) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", all.stream().map(Token::text).collect(Collectors.joining()));
    value.put("tokens", all.stream().map(t -> (Object) (long) t.id()).toList());
    value.put("shared", (long) shared);
    return value;
  }

  private static String where(Prefix.Known whole) {
    return whole.end().map(Object::toString).orElse("the end of the program");
  }
}
