package dev.sgl.program;

import java.util.List;
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

  /// Its head as people write it, such as `tool weather(city: string) -> string`.
  public String signature() {
    String types =
        parameters.stream()
            .map(p -> p.name() + (p.type() == Type.ANY ? "" : ": " + p.type().show()))
            .collect(Collectors.joining(", ", "(", ")"));
    return "tool " + name + types + returns.map(type -> " -> " + type.show()).orElse("");
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
    /// The vector of a text.
    public static final String EMBED = "embed";

    /// How well a document answers a query.
    public static final String RANK = "rank";

    /// The one score of a text or a conversation: a reward.
    public static final String SCORE = "score";

    /// The probabilities of a classifier's labels.
    public static final String CLASSIFY = "classify";

    private static final Type CONVERSATION =
        Type.oneOf(
            List.of(
                Type.STRING,
                Type.array(
                    new Type.Rec(
                        List.of(
                            new Type.Field("role", Type.STRING, false),
                            new Type.Field("content", Type.STRING, false))))));

    private NamedModel() {}

    /// The functions of a model.
    ///
    /// @param documentation the text of its `///` lines
    /// @param span of its name
    public static List<Tool> functions(String model, String documentation, Span span) {
      Functions functions = new Functions(model, documentation, span);
      Expr none = new Expr.Constant("", span);
      Routine.Parameter prompt =
          new Routine.Parameter("prompt", Type.STRING, Optional.of(none), span);
      return List.of(
          functions.of(
              EMBED, Type.array(Type.FLOAT), functions.parameter("text", Type.STRING), prompt),
          functions.of(
              RANK,
              Type.FLOAT,
              functions.parameter("query", Type.STRING),
              functions.parameter("document", Type.STRING)),
          functions.of(SCORE, Type.FLOAT, functions.parameter("conversation", CONVERSATION)),
          functions.of(
              CLASSIFY,
              new Type.MapOf(Type.FLOAT),
              functions.parameter("conversation", CONVERSATION)));
    }

    /// The name of a function as the host binds it.
    public static String function(String model, String function) {
      return model + "." + function;
    }

    private record Functions(String model, String documentation, Span span) {
      Tool of(String name, Type returns, Routine.Parameter... parameters) {
        return new Tool(
            function(model, name), List.of(parameters), Optional.of(returns), documentation, span);
      }

      Routine.Parameter parameter(String name, Type type) {
        return new Routine.Parameter(name, type, Optional.empty(), span);
      }
    }
  }
}
