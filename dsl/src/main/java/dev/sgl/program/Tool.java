package dev.sgl.program;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Something that the host does for a program: a Java method, a command, a tool of an MCP server.
///
/// @param documentation the text of its `///` lines, for the host that binds it
public record Tool(
    String name,
    List<Routine.Parameter> parameters,
    Optional<Type> returns,
    String documentation,
    Span span) {
  public Tool {
    parameters = List.copyOf(parameters);
  }

  /// The named model whose function it is, if it is one.
  public Optional<String> model() {
    int dot = name.indexOf('.');
    return dot < 0 ? Optional.empty() : Optional.of(name.substring(0, dot));
  }

  /// How messages call it.
  public String title() {
    return (model().isPresent() ? "`" : "the tool `") + name + "`";
  }

  /// What a call of it is made of: its name, and the record of its parameters.
  public Type.Field call() {
    return new Type.Field(
        name,
        new Type.Rec(
            parameters.stream()
                .map(p -> new Type.Field(p.name(), p.type(), p.standard().isPresent()))
                .toList()),
        false);
  }

  /// A model that a program reads with beside the one that it speaks with: `model NAME`. The host
  /// gives it. Its functions are tools of the host, which are called as `NAME.FUNCTION(…)`.
  public static final class NamedModel {
    private static final Type CONVERSATION =
        Type.oneOf(
            List.of(
                Type.STRING,
                Type.array(
                    new Type.Rec(
                        List.of(
                            new Type.Field("role", Type.STRING, false),
                            new Type.Field("content", Type.STRING, false))))));

    private static final Type OPTIONAL =
        Type.oneOf(List.of(Type.STRING, new Type.Literal(Values.NONE)));

    private NamedModel() {}

    /// A function of a model.
    public enum Function {
      /// The vector of a text.
      EMBED("The vector of a text, of length 1."),
      /// How well a document answers a query.
      RANK("How well a document answers a query."),
      /// The one score of a text or a conversation.
      SCORE("The score of a reward model, as the model computes it."),
      /// The probabilities of labels.
      CLASSIFY("The probabilities of a classifier's labels.");

      private final String documentation;

      Function(String documentation) {
        this.documentation = documentation;
      }

      /// Its name in programs.
      public String word() {
        return name().toLowerCase(Locale.ROOT);
      }

      /// A sentence that says its result.
      public String documentation() {
        return documentation;
      }

      /// The name of its tool, which the host binds.
      public String of(String model) {
        return model + "." + word();
      }

      /// Its name, parameters and result as people read them.
      public String signature(String model) {
        String parameters =
            parameters(Span.NONE).stream()
                .map(p -> p.name() + ": " + p.type().show())
                .collect(Collectors.joining(", ", "(", ")"));
        return of(model) + parameters + " -> " + returns().show();
      }

      private Type returns() {
        return switch (this) {
          case EMBED -> Type.array(Type.FLOAT);
          case RANK, SCORE -> Type.FLOAT;
          case CLASSIFY -> new Type.MapOf(Type.FLOAT);
        };
      }

      private List<Routine.Parameter> parameters(Span span) {
        return switch (this) {
          case EMBED ->
              List.of(
                  parameter("text", Type.STRING, Optional.empty(), span),
                  parameter(
                      "prompt", OPTIONAL, Optional.of(new Expr.Constant(Values.NONE, span)), span));
          case RANK ->
              List.of(
                  parameter("query", Type.STRING, Optional.empty(), span),
                  parameter("document", Type.STRING, Optional.empty(), span));
          case SCORE, CLASSIFY ->
              List.of(parameter("conversation", CONVERSATION, Optional.empty(), span));
        };
      }

      private static Routine.Parameter parameter(
          String name, Type type, Optional<Expr> standard, Span span) {
        return new Routine.Parameter(name, type, standard, span);
      }
    }

    /// Whether a name is that of a function.
    public static boolean isFunction(String name) {
      return Arrays.stream(Function.values()).anyMatch(f -> f.word().equals(name));
    }

    /// The functions of a model as tools.
    ///
    /// @param documentation the text of the model's `///` lines
    /// @param span of its name
    public static List<Tool> functions(String model, String documentation, Span span) {
      return Arrays.stream(Function.values())
          .map(
              f ->
                  new Tool(
                      f.of(model),
                      f.parameters(span),
                      Optional.of(f.returns()),
                      documentation,
                      span))
          .toList();
    }
  }
}
