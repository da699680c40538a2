package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.program.Expr;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The options of `gen`, `think` and `with`: their names, types and ranges.
public final class Options {
  private record Rule(Type type, double low, double high, String range) {}

  private static final double ANY = Double.POSITIVE_INFINITY;

  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          Map.entry("max_tokens", new Rule(Type.INT, 1, ANY, "at least 1")),
          Map.entry("min_tokens", new Rule(Type.INT, 0, ANY, "at least 0")),
          Map.entry("temperature", new Rule(Type.FLOAT, 0, ANY, "at least 0")),
          Map.entry("top_p", new Rule(Type.FLOAT, Double.MIN_VALUE, 1, "above 0 and at most 1")),
          Map.entry("top_k", new Rule(Type.INT, 0, ANY, "at least 0; 0 is all")),
          Map.entry("min_p", new Rule(Type.FLOAT, 0, 1, "from 0 to 1")),
          Map.entry(
              "stop",
              new Rule(new Type.OneOf(List.of(Type.TEXT, Type.array(Type.TEXT))), -ANY, ANY, "")),
          Map.entry("seed", new Rule(Type.INT, -ANY, ANY, "")),
          Map.entry("frequency_penalty", new Rule(Type.FLOAT, -2, 2, "from -2 to 2")),
          Map.entry("presence_penalty", new Rule(Type.FLOAT, -2, 2, "from -2 to 2")),
          Map.entry("repetition_penalty", new Rule(Type.FLOAT, Double.MIN_VALUE, ANY, "above 0")),
          Map.entry("logit_bias", new Rule(new Type.Rec(List.of()), -ANY, ANY, "")),
          Map.entry("json", new Rule(words("free", "spaced", "compact"), -ANY, ANY, "")),
          Map.entry("on_length", new Rule(words("close", "error"), -ANY, ANY, "")),
          Map.entry("ignore_eos", new Rule(Type.BOOL, -ANY, ANY, "")),
          Map.entry("logprobs", new Rule(Type.INT, 0, 20, "from 0 to 20")),
          Map.entry("n", new Rule(Type.INT, 1, 128, "from 1 to 128")));

  /// Options that only a `with` has.
  private static final Map<String, Rule> OF_WITH =
      Map.of("budget", new Rule(Type.INT, 1, ANY, "at least 1 token"));

  private static Type words(String... words) {
    return new Type.OneOf(Arrays.stream(words).<Type>map(Type.Literal::new).toList());
  }

  private final ExprChecker values;
  private final Scope scope;
  private final List<Diagnostic> diagnostics;

  private Options(ExprChecker values, Scope scope, List<Diagnostic> diagnostics) {
    this.values = values;
    this.scope = scope;
    this.diagnostics = diagnostics;
  }

  /// The options of `gen`.
  public static Set<String> names() {
    return RULES.keySet();
  }

  static void ofGen(Step.Gen gen, ExprChecker values, Scope scope, List<Diagnostic> diagnostics) {
    new Options(values, scope, diagnostics).check("gen", gen.options(), RULES);
    for (Step.Option option : gen.options()) {
      if (option.name().equals("stop") && Types.endsItself(gen.type())) {
        diagnostics.add(
            Diagnostic.optionRange(
                "stop", "left out where the type says how the value ends", option.span()));
      }
    }
  }

  static void ofThink(
      List<Step.Option> options, ExprChecker values, Scope scope, List<Diagnostic> diagnostics) {
    Map<String, Rule> rules = new HashMap<>(RULES);
    rules.keySet().removeAll(Set.of("n", "stop"));
    new Options(values, scope, diagnostics).check("think", options, rules);
  }

  static void ofWith(
      List<Step.Option> options, ExprChecker values, Scope scope, List<Diagnostic> diagnostics) {
    Map<String, Rule> rules = new HashMap<>(RULES);
    rules.remove("n"); // the variable would be a list
    rules.putAll(OF_WITH);
    new Options(values, scope, diagnostics).check("with", options, rules);
  }

  private void check(String step, List<Step.Option> options, Map<String, Rule> rules) {
    Set<String> given = new HashSet<>();
    for (Step.Option option : options) {
      Type found = values.type(option.value(), scope);
      Rule rule = rules.get(option.name());
      if (!given.add(option.name())) {
        diagnostics.add(Diagnostic.optionTwice(option.name(), option.span()));
      }
      if (rule == null) {
        diagnostics.add(
            Diagnostic.unknownOption(step, option.name(), option.span(), rules.keySet()));
      } else if (!TypeFit.overlaps(found, rule.type())) {
        diagnostics.add(
            Diagnostic.wrongType("`" + rule.type().show() + "`", found, option.value().span()));
      } else if (option.value() instanceof Expr.Constant(Number value, _)
          && (value.doubleValue() < rule.low() || value.doubleValue() > rule.high())) {
        diagnostics.add(Diagnostic.optionRange(option.name(), rule.range(), option.value().span()));
      }
    }
  }
}
