package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.program.Expr;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.jspecify.annotations.Nullable;

/// Expressions from the parse tree to the program model. A name after the name of a module is the
/// module's, and a call after the name of a model is the model's.
final class ExprLowering {
  private final SourceModule module;
  private final Declarations declarations;
  private final List<Diagnostic> diagnostics;
  private final Bindings bindings = new Bindings();

  ExprLowering(SourceModule module, Declarations declarations, List<Diagnostic> diagnostics) {
    this.module = module;
    this.declarations = declarations;
    this.diagnostics = diagnostics;
  }

  List<Routine.Parameter> parameters(Sgl.ParametersContext parameters) {
    return parameters.parameter().stream()
        .map(
            p ->
                new Routine.Parameter(
                    p.name().getText(),
                    p.type() == null ? Type.ANY : declarations.types(module).lower(p.type()),
                    optional(p.expression()),
                    span(p)))
        .toList();
  }

  Optional<Expr> optional(Sgl.@Nullable ExpressionContext expression) {
    return Optional.ofNullable(expression).map(this::expr);
  }

  Expr expr(Sgl.ExpressionContext expression) {
    Span span = span(expression);
    return switch (expression) {
      case Sgl.ConstantContext constant -> literal(constant.literal());
      case Sgl.ReferenceContext name when name.arguments() == null -> name(name, span);
      case Sgl.ReferenceContext call -> call(call);
      case Sgl.JoinCallContext call ->
          new Expr.Call("join", arguments(call.arguments()), module.span(call.JOIN().getSymbol()));
      case Sgl.MemberContext member -> member(member);
      case Sgl.IndexContext index ->
          new Expr.Index(expr(index.expression(0)), expr(index.expression(1)), span);
      case Sgl.UnaryContext unary -> unary(unary);
      case Sgl.BinaryContext binary -> binary(binary, span);
      case Sgl.RangeContext range ->
          new Expr.Range(expr(range.expression(0)), expr(range.expression(1)), span);
      case Sgl.ListContext list when list.each() != null -> each(list, list.each(), span);
      case Sgl.ListContext list ->
          new Expr.ListOf(list.expression().stream().map(this::expr).toList(), span);
      case Sgl.RecordValueContext record ->
          new Expr.RecOf(record.entry().stream().map(this::entry).toList(), span);
      case Sgl.ParenthesizedContext inner -> expr(inner.expression());
      default -> throw new AssertionError(expression.getClass());
    };
  }

  /// A variable, or the description of a type if no variable hides the type's name.
  private Expr name(Sgl.ReferenceContext reference, Span span) {
    String name = reference.name().getText();
    return described(module, name, span)
        .filter(_ -> !bindings.isBound(name, reference))
        .orElseGet(() -> new Expr.Name(name, span));
  }

  private Expr call(Sgl.ReferenceContext call) {
    String callee = declarations.callee(module, call.name().getText());
    return new Expr.Call(callee, arguments(call.arguments()), span(call.name()));
  }

  private Expr binary(Sgl.BinaryContext binary, Span span) {
    Expr.Operator operator = Expr.Operator.binary(binary.op.getText());
    return new Expr.Binary(operator, expr(binary.expression(0)), expr(binary.expression(1)), span);
  }

  private Expr each(Sgl.ListContext list, Sgl.EachContext each, Span span) {
    return new Expr.Each(
        expr(list.expression(0)),
        each.name().getText(),
        expr(each.expression(0)),
        optional(each.expression(1)),
        span);
  }

  private Expr member(Sgl.MemberContext member) {
    String word = member.word().getText();
    Optional<String> prefix =
        member.arguments() != null
                && member.expression() instanceof Sgl.ReferenceContext name
                && name.arguments() == null
            ? prefix(name)
            : Optional.empty();
    if (prefix.isPresent()) {
      String callee = prefix.get() + word;
      return new Expr.Call(callee, arguments(member.arguments()), span(member.word()));
    }
    Optional<Expr> ofModule =
        member.expression() instanceof Sgl.ReferenceContext name && member.arguments() == null
            ? Optional.ofNullable(module.uses().get(name.getText()))
                .filter(_ -> !bindings.isBound(name.getText(), name))
                .flatMap(used -> described(used, word, span(member)))
            : Optional.empty();
    if (ofModule.isPresent()) {
      return ofModule.get();
    }
    if (member.arguments() == null) {
      return new Expr.Member(expr(member.expression()), word, span(member.word()));
    }
    List<Expr.Argument> arguments = new ArrayList<>();
    arguments.add(new Expr.Argument(Optional.empty(), expr(member.expression())));
    arguments.addAll(arguments(member.arguments()));
    return new Expr.Call(declarations.callee(module, word), arguments, span(member.word()));
  }

  /// The beginning of the whole names of functions, if a name is that of a module or a model.
  private Optional<String> prefix(Sgl.ReferenceContext reference) {
    String name = reference.getText();
    if (module.uses().get(name) instanceof SourceModule used) {
      return Optional.of(used.prefix());
    }
    return declarations.isModel(name) && !bindings.isBound(name, reference)
        ? Optional.of(name + ".")
        : Optional.empty();
  }

  /// The name of a type as a value: the text that describes the type to the model.
  private Optional<Expr> described(SourceModule of, String name, Span span) {
    return declarations.types(of).described(name).map(text -> new Expr.Constant(text, span));
  }

  private Expr.Entry entry(Sgl.EntryContext entry) {
    String name = entry.word() == null ? fixed(entry.text()) : entry.word().getText();
    return new Expr.Entry(name, expr(entry.expression()));
  }

  private Expr unary(Sgl.UnaryContext unary) {
    boolean negative = unary.SIGN() != null;
    if (negative
        && unary.expression() instanceof Sgl.ConstantContext constant
        && constant.literal().INT() != null) {
      // the least integer has no positive one
      return new Expr.Constant(
          Literals.integer("-" + constant.getText(), () -> overflow(constant.literal())),
          span(unary));
    }
    Expr of = expr(unary.expression());
    if (negative && of instanceof Expr.Constant(Double n, _)) {
      return new Expr.Constant(-n, span(unary));
    }
    return new Expr.Unary(negative ? Expr.Operator.NEG : Expr.Operator.NOT, of, span(unary));
  }

  private List<Expr.Argument> arguments(Sgl.ArgumentsContext arguments) {
    return arguments.argument().stream()
        .map(
            a ->
                new Expr.Argument(
                    Optional.ofNullable(a.word()).map(ParserRuleContext::getText),
                    expr(a.expression())))
        .toList();
  }

  Expr literal(Sgl.LiteralContext literal) {
    if (literal.text() != null) {
      return text(literal.text());
    }
    if (literal.PATTERN() != null) {
      Type.Pattern pattern = declarations.types(module).pattern(literal.PATTERN());
      return new Expr.Constant(pattern.regex(), span(literal));
    }
    return new Expr.Constant(Literals.value(literal, () -> overflow(literal)), span(literal));
  }

  void overflow(ParserRuleContext number) {
    diagnostics.add(
        Diagnostic.syntax("This number is too large.", span(number), "more than 64 bits hold"));
  }

  Expr text(Sgl.TextContext text) {
    return text(text.part(), Literals.pieces(text), span(text));
  }

  Expr text(Sgl.WholeTextContext text) {
    return text(text.part(), Literals.pieces(text.part()), span(text));
  }

  private Expr text(List<Sgl.PartContext> all, List<String> pieces, Span span) {
    escapes(all);
    List<Sgl.InterpolationContext> values =
        all.stream()
            .filter(Sgl.InterpolationContext.class::isInstance)
            .map(Sgl.InterpolationContext.class::cast)
            .toList();
    if (values.isEmpty()) {
      return new Expr.Constant(pieces.getFirst(), span);
    }
    List<Expr> parts = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      if (!pieces.get(i).isEmpty()) {
        parts.add(new Expr.Constant(pieces.get(i), span));
      }
      if (i < values.size()) {
        parts.add(expr(values.get(i).expression()));
      }
    }
    return new Expr.Text(parts, span);
  }

  /// A text without values in it, where one is needed.
  String fixed(Sgl.TextContext text) {
    escapes(text.part());
    List<String> pieces = Literals.pieces(text);
    if (pieces.size() > 1) {
      diagnostics.add(
          Diagnostic.syntax(
              "This text must be fixed, without values in it.", span(text), "not fixed"));
    }
    return pieces.getFirst();
  }

  private void escapes(List<Sgl.PartContext> parts) {
    for (Sgl.PartContext part : parts) {
      if (part instanceof Sgl.EscapeContext && !Literals.isEscape(part.getText())) {
        diagnostics.add(Diagnostic.unknownEscape(part.getText(), span(part)));
      }
    }
  }

  private Span span(ParserRuleContext context) {
    return module.span(context);
  }
}
