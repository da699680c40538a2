package dev.sgl.compiler;

import dev.sgl.program.Expr;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.List;
import java.util.Map;

/// The options of `gen`: their names, types and ranges.
final class Options {
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
          Map.entry("ignore_eos", new Rule(Type.BOOL, -ANY, ANY, "")),
          Map.entry("logprobs", new Rule(Type.INT, 0, 20, "from 0 to 20")),
          Map.entry("n", new Rule(Type.INT, 1, 128, "from 1 to 128")));

  private Options() {}

  static void check(Step.Gen gen, ExprChecker values, Scope scope, List<Diagnostic> diagnostics) {
    for (Step.Option option : gen.options()) {
      Type found = values.type(option.value(), scope);
      Rule rule = RULES.get(option.name());
      if (option.name().equals("stop")
          && !Types.isFree(gen.type())
          && !(gen.type() instanceof Type.Str)) {
        diagnostics.add(
            Diagnostic.optionRange(
                "stop", "left out where the type says how the value ends", option.span()));
      }
      if (rule == null) {
        diagnostics.add(
            Diagnostic.unknownOption(
                option.name(), option.span(), Nearest.to(option.name(), RULES.keySet())));
      } else if (!ExprChecker.fits(found, rule.type())) {
        diagnostics.add(
            Diagnostic.wrongType("`" + rule.type().show() + "`", found, option.value().span()));
      } else if (option.value() instanceof Expr.Constant(Number value, _)
          && (value.doubleValue() < rule.low() || value.doubleValue() > rule.high())) {
        diagnostics.add(Diagnostic.optionRange(option.name(), rule.range(), option.value().span()));
      }
    }
  }
}
