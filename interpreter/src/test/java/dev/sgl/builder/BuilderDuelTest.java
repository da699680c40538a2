package dev.sgl.builder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Sources;
import dev.sgl.conversation.GenOption;
import dev.sgl.program.Expr;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Tool;
import dev.sgl.program.Tool.NamedModel;
import dev.sgl.program.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The builder against the compiler: every program of the samples and of the compiler's own cases,
/// written again through the builder's methods, is the same program.
class BuilderDuelTest {
  private static final List<Path> FOLDERS =
      List.of(Path.of("../samples"), Path.of("../compiler/src/test/resources/programs"));

  /// Functions of the models that the cases name.
  private static final Set<String> OF_MODELS =
      Stream.of("judge", "vectors")
          .flatMap(model -> NamedModel.functions(model, "", Span.NONE).stream())
          .map(Tool::name)
          .collect(Collectors.toSet());

  @TestFactory
  Stream<DynamicTest> builtAndCompiledAreTheSame() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path folder : FOLDERS) {
      try (Stream<Path> all = Files.list(folder)) {
        all.filter(file -> file.toString().endsWith(".sgl")).sorted().forEach(files::add);
      }
    }
    assertTrue(files.size() > 10, "the cases are not here");
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> compare(file)));
  }

  private static void compare(Path file) throws IOException {
    Program written =
        Compiler.compile(
                file.toString(), Files.readString(file), Sources.below(file.resolveSibling("")))
            .program()
            .orElseThrow();
    Program whole = new Program(written.file(), written.routines(), written.tools(), List.of());
    assertEquals(Printer.print(whole), Printer.print(built(whole)));
  }

  private static Program built(Program program) {
    ProgramBuilder last = new ProgramBuilder(Routine.Kind.FN, "none");
    List<ProgramBuilder> all = new ArrayList<>();
    for (Routine routine : program.routines().values()) {
      last = builder(routine);
      for (ProgramBuilder before : all) {
        last.using(before);
      }
      all.add(last);
    }
    program.tools().values().forEach(last::tool);
    return last.build();
  }

  private static ProgramBuilder builder(Routine routine) {
    String name = routine.name().replace('.', '_');
    ProgramBuilder builder = new ProgramBuilder(routine.kind(), name);
    builder.documentation(routine.documentation());
    for (Routine.Parameter p : routine.parameters()) {
      if (p.standard().isPresent()) {
        builder.param(p.name(), p.type(), p.standard().get());
      } else {
        builder.param(p.name(), p.type());
      }
    }
    routine.returns().ifPresent(builder::returning);
    write(routine.body(), builder);
    return builder;
  }

  private static Consumer<Steps> block(List<Step> steps) {
    return block -> write(steps, block);
  }

  private static void write(List<Step> steps, Block<?> to) {
    steps.forEach(step -> write(step, to));
  }

  private static String shown(Expr expr) {
    return Printer.expression(expr, OF_MODELS);
  }

  private static String text(Expr text) {
    String shown = shown(text);
    return text instanceof Expr.Text || text instanceof Expr.Constant(String _, _)
        ? shown.substring(1, shown.length() - 1)
        : "{" + shown + "}";
  }

  private static GenOption[] options(List<Step.Option> options) {
    return options.stream()
        .map(o -> Block.option(o.name(), shown(o.value())))
        .toArray(GenOption[]::new);
  }

  /// The method of the builder for each step.
  private static void write(Step step, Block<?> to) {
    switch (step) {
      case Step.Say(var text, _) -> to.say(text(text));
      case Step.Message(var role, var body, _) -> {
        switch (role) {
          case SYSTEM -> to.system(block(body));
          case USER -> to.user(block(body));
          case ASSISTANT -> to.assistant(block(body));
          case TOOL -> throw new AssertionError("programs have no messages of tools");
        }
      }
      case Step.Gen(var name, var type, _, var options, _) -> to.gen(name, type, options(options));
      case Step.Think(var name, var options, _) -> to.think(name, options(options));
      case Step.Select(var name, var choices, var method, _) ->
          to.select(name, shown(choices), method);
      case Step.ForkEach(var variable, var list, var name, var body, _) ->
          to.fork(variable, shown(list), name, block(body));
      case Step.ForkBranches(var name, var branches, _) ->
          to.fork(name, all -> branches.forEach(b -> all.branch(b.name(), block(b.body()))));
      case Step.Join(var name, var first, boolean append, _) -> {
        if (first.isPresent()) {
          String count = shown(first.get());
          Block<?> _ = append ? to.joinFirstAppend(name, count) : to.joinFirst(name, count);
        } else {
          Block<?> _ = append ? to.joinAppend(name) : to.join(name);
        }
      }
      case Step.Scratch(var body, _) -> to.scratch(block(body));
      case Step.Retry(var times, var body, var otherwise, _) -> {
        if (otherwise.isPresent()) {
          to.retry(shown(times), block(body), block(otherwise.get()));
        } else {
          to.retry(shown(times), block(body));
        }
      }
      case Step.With(var options, var body, _) -> to.with(List.of(options(options)), block(body));
      case Step.Image(var source, _) -> to.image(shown(source));
      case Step.Let(var name, var type, var value, _) -> to.let(name, type, shown(value));
      case Step.Assign(var name, var value, _) -> to.assign(name, shown(value));
      case Step.If(var condition, var then, var otherwise, _) ->
          to.when(shown(condition), block(then), block(otherwise));
      case Step.For(var variable, var list, var body, _) ->
          to.forEach(variable, shown(list), block(body));
      case Step.While(var condition, var body, _) -> to.loop(shown(condition), block(body));
      case Step.Match(var subject, var arms, _) ->
          to.match(
              shown(subject),
              all -> arms.forEach(arm -> all.arm(arm.patterns(), block(arm.body()))));
      case Step.Break _ -> to.breakLoop();
      case Step.Continue _ -> to.continueLoop();
      case Step.Return(var value, _) -> {
        if (value.isPresent()) {
          to.giveBack(shown(value.get()));
        } else {
          to.giveBack();
        }
      }
      case Step.Log(var value, _) -> to.log(shown(value));
      case Step.Fail(var message, _) -> to.fail(shown(message));
      case Step.Check(var condition, var message, _) -> {
        if (message.isPresent()) {
          to.check(shown(condition), shown(message.get()));
        } else {
          to.check(shown(condition));
        }
      }
      case Step.Fails _ -> throw new AssertionError("it stands in tests only");
      case Step.Do(var call, _) -> to.call(shown(call));
    }
  }

  @Test
  void mistakesAreShownInTheTextOfTheProgram() {
    Throwable error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new ProgramBuilder(Routine.Kind.PROGRAM, "tips")
                    .param("topic", Type.string())
                    .user("Give a tip about {topc}.")
                    .returns("tip"));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("error[unknown-name]: `topc` is not defined."), message);
    assertTrue(message.contains("did you mean `topic`?"), message);
    assertTrue(message.contains("`tip` is not defined"), message);
  }

  @Test
  void aPieceThatIsNoExpressionIsRefusedWhereItIsWritten() {
    ProgramBuilder builder = new ProgramBuilder(Routine.Kind.PROGRAM, "p");
    for (String wrong : List.of("1 +", "1 } program q() {", "gen x", "")) {
      assertThrows(IllegalArgumentException.class, () -> builder.let("x", wrong), wrong);
    }
    assertThrows(IllegalArgumentException.class, () -> builder.say("{"));
    builder.say("\"quoted\"\nand {\"a\" + \"b\"}");
  }
}
