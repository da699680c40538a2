package dev.sgl.local.template;

import dev.sgl.local.template.Lexer.Kind;
import dev.sgl.local.template.Lexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// Tokens to nodes, by recursive descent; precedences as in Jinja's own documentation.
final class Parser {
  private static final int MAX_LENGTH = 4 << 20;
  private static final int MAX_DEPTH = 200;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> AFTER_TEST =
      Set.of("else", "or", "and", "if", "is", "not", "in");

  private final List<Token> tokens;
  private int at;
  private int depth;

  private Parser(List<Token> tokens) {
    this.tokens = tokens;
  }

  static List<Node.Placed> parse(String source) {
    if (source.length() > MAX_LENGTH) {
      throw new TemplateException(
          "the chat template is longer than %,d characters".formatted(MAX_LENGTH));
    }
    Parser parser = new Parser(Lexer.tokens(source));
    try {
      List<Node.Placed> nodes = parser.nodes(Set.of());
      if (parser.peek().kind() != Kind.END) {
        throw parser.unexpected();
      }
      return nodes;
    } catch (TemplateException e) {
      throw e.at(parser.peek().line());
    }
  }

  /// Something inside of something.
  private <T> T nested(Supplier<T> inner) {
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("it is nested too deeply");
    }
    T parsed = inner.get();
    depth--;
    return parsed;
  }

  // --- statements

  /// Nodes up to a block tag with one of the words of `ends`, whose opening has been taken then.
  private List<Node.Placed> nodes(Set<String> ends) {
    return nested(
        () -> {
          List<Node.Placed> nodes = new ArrayList<>();
          while (!isAtEnd(ends)) {
            nodes.add(new Node.Placed(peek().line(), node()));
          }
          return nodes;
        });
  }

  private boolean isAtEnd(Set<String> ends) {
    if (peek().kind() == Kind.OPEN_BLOCK && ends.contains(tokens.get(at + 1).text())) {
      next();
      return true;
    }
    if (peek().kind() == Kind.END && !ends.isEmpty()) {
      throw new TemplateException("it ends before `" + String.join("` or `", ends) + "`");
    }
    return peek().kind() == Kind.END;
  }

  private Node node() {
    Token token = next();
    return switch (token.kind()) {
      case TEXT -> new Node.Text(token.text());
      case OPEN_OUTPUT -> {
        Term term = tuple();
        close();
        yield new Node.Output(term);
      }
      case OPEN_BLOCK -> statement(name());
      case CLOSE, NAME, STRING, INTEGER, FLOAT, OPERATOR, END -> throw unexpected(token);
    };
  }

  private List<Node.Placed> body(String end) {
    List<Node.Placed> nodes = nodes(Set.of(end));
    name();
    close();
    return nodes;
  }

  private Node statement(String word) {
    return switch (word) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> set();
      case "macro" -> {
        String name = name();
        List<Node.Parameter> parameters = parameters();
        close();
        yield new Node.Macro(name, parameters, body("endmacro"));
      }
      case "call" -> {
        List<Node.Parameter> parameters = peek().is(Kind.OPERATOR, "(") ? parameters() : List.of();
        if (!(postfix() instanceof Term.Call call)) {
          throw unexpected();
        }
        close();
        yield new Node.CallBlock(call, parameters, body("endcall"));
      }
      case "filter" -> {
        List<Term.Filter> filters = filterChain();
        close();
        yield new Node.FilterBlock(filters, body("endfilter"));
      }
      case "generation" -> {
        close();
        yield new Node.Block(body("endgeneration"));
      }
      case "break" -> {
        close();
        yield new Node.Break();
      }
      case "continue" -> {
        close();
        yield new Node.Continue();
      }
      default -> throw new TemplateException("there is no tag `" + word + "`");
    };
  }

  private Node condition() {
    Term condition = tuple();
    close();
    List<Node.Placed> then = nodes(Set.of("elif", "else", "endif"));
    List<Node.Placed> otherwise =
        switch (name()) {
          case "elif" -> List.of(new Node.Placed(peek().line(), nested(this::condition)));
          case "else" -> {
            close();
            yield body("endif");
          }
          default -> {
            close();
            yield List.of();
          }
        };
    return new Node.If(condition, then, otherwise);
  }

  private Node loop() {
    List<String> targets = new ArrayList<>();
    boolean open = skip("(");
    do {
      targets.add(name());
    } while (skip(","));
    if (open) {
      expect(")");
    }
    word("in");
    Term items = or();
    Optional<Term> condition = skipWord("if") ? Optional.of(expression()) : Optional.empty();
    skipWord("recursive");
    close();
    List<Node.Placed> body = nodes(Set.of("else", "endfor"));
    List<Node.Placed> otherwise = List.of();
    if (name().equals("else")) {
      close();
      otherwise = body("endfor");
    } else {
      close();
    }
    return new Node.For(targets, items, condition, body, otherwise);
  }

  private Node set() {
    List<Term> targets = new ArrayList<>();
    do {
      targets.add(target());
    } while (skip(","));
    if (skip("=")) {
      Term value = tuple();
      close();
      return new Node.Set(targets, value);
    }
    List<Term.Filter> filters = skip("|") ? filterChain() : List.of();
    close();
    return new Node.SetBlock(targets.getFirst(), filters, body("endset"));
  }

  /// A name, or a field of a namespace: a template changes nothing that it was given.
  private Term target() {
    Term target = new Term.Name(name());
    return skip(".") ? new Term.Attribute(target, name()) : target;
  }

  private List<Term.Filter> filterChain() {
    List<Term.Filter> filters = new ArrayList<>();
    do {
      filters.add(
          new Term.Filter(
              new Term.Literal(""),
              name(),
              peek().is(Kind.OPERATOR, "(") ? arguments() : List.of()));
    } while (skip("|"));
    return filters;
  }

  private List<Node.Parameter> parameters() {
    List<Node.Parameter> parameters = new ArrayList<>();
    expect("(");
    while (!skip(")")) {
      String name = name();
      parameters.add(
          new Node.Parameter(name, skip("=") ? Optional.of(expression()) : Optional.empty()));
      skip(",");
    }
    return parameters;
  }

  // --- expressions

  /// An expression, or several with commas between them as a list.
  private Term tuple() {
    Term first = expression();
    if (!peek().is(Kind.OPERATOR, ",")) {
      return first;
    }
    List<Term> items = new ArrayList<>(List.of(first));
    while (skip(",")) {
      if (peek().kind() == Kind.CLOSE || peek().is(Kind.OPERATOR, ")")) {
        break;
      }
      items.add(expression());
    }
    return new Term.ListOf(items);
  }

  private Term expression() {
    return nested(
        () -> {
          Term term = or();
          while (skipWord("if")) {
            Term condition = or();
            Optional<Term> otherwise =
                skipWord("else") ? Optional.of(expression()) : Optional.empty();
            term = new Term.Conditional(term, condition, otherwise);
          }
          return term;
        });
  }

  private Term or() {
    Term left = and();
    while (skipWord("or")) {
      left = new Term.Binary("or", left, and());
    }
    return left;
  }

  private Term and() {
    Term left = not();
    while (skipWord("and")) {
      left = new Term.Binary("and", left, not());
    }
    return left;
  }

  private Term not() {
    return skipWord("not") ? new Term.Unary("not", nested(this::not)) : compare();
  }

  private Term compare() {
    Term first = sum();
    List<Term.Comparison> rest = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        next();
        rest.add(new Term.Comparison(token.text(), sum()));
      } else if (skipWord("in")) {
        rest.add(new Term.Comparison("in", sum()));
      } else if (token.is(Kind.NAME, "not") && tokens.get(at + 1).is(Kind.NAME, "in")) {
        at += 2;
        rest.add(new Term.Comparison("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Term.Compare(first, rest);
      }
    }
  }

  private Term sum() {
    Term left = concatenation();
    while (peek().is(Kind.OPERATOR, "+") || peek().is(Kind.OPERATOR, "-")) {
      left = new Term.Binary(next().text(), left, concatenation());
    }
    return left;
  }

  private Term concatenation() {
    Term left = product();
    while (skip("~")) {
      left = new Term.Binary("~", left, product());
    }
    return left;
  }

  private Term product() {
    Term left = power();
    while (Set.of("*", "/", "//", "%").contains(peek().text()) && peek().kind() == Kind.OPERATOR) {
      left = new Term.Binary(next().text(), left, power());
    }
    return left;
  }

  private Term power() {
    Term left = unary();
    return skip("**") ? new Term.Binary("**", left, nested(this::power)) : left;
  }

  private Term unary() {
    if (skip("-")) {
      return filtered(new Term.Unary("-", unaryOperand()));
    }
    if (skip("+")) {
      return filtered(unaryOperand());
    }
    return filtered(postfix());
  }

  private Term unaryOperand() {
    return skip("-") ? new Term.Unary("-", nested(this::unaryOperand)) : postfix();
  }

  private Term filtered(Term operand) {
    Term term = operand;
    while (true) {
      if (skip("|")) {
        String name = name();
        term = new Term.Filter(term, name, peek().is(Kind.OPERATOR, "(") ? arguments() : List.of());
      } else if (skipWord("is")) {
        boolean negated = skipWord("not");
        String name = name();
        term = new Term.Test(term, name, testArguments(), negated);
      } else if (peek().is(Kind.OPERATOR, "(")) {
        term = new Term.Call(term, arguments());
      } else {
        return term;
      }
    }
  }

  private List<Term.Argument> testArguments() {
    Token token = peek();
    if (token.is(Kind.OPERATOR, "(")) {
      return arguments();
    }
    boolean operand =
        switch (token.kind()) {
          case STRING, INTEGER, FLOAT -> true;
          case NAME -> !AFTER_TEST.contains(token.text());
          case OPERATOR -> token.text().equals("[") || token.text().equals("{");
          case TEXT, OPEN_OUTPUT, OPEN_BLOCK, CLOSE, END -> false;
        };
    return operand ? List.of(new Term.Argument(Optional.empty(), postfix())) : List.of();
  }

  private Term postfix() {
    Term term = primary();
    while (true) {
      if (skip(".")) {
        term =
            peek().kind() == Kind.INTEGER
                ? new Term.Item(term, new Term.Literal(Numbers.read(next().text())))
                : new Term.Attribute(term, name());
      } else if (skip("[")) {
        term = subscript(term);
      } else if (peek().is(Kind.OPERATOR, "(")) {
        term = new Term.Call(term, arguments());
      } else {
        return term;
      }
    }
  }

  private Term subscript(Term of) {
    Optional<Term> from =
        peek().is(Kind.OPERATOR, ":") ? Optional.empty() : Optional.of(expression());
    if (from.isPresent() && skip("]")) {
      return new Term.Item(of, from.get());
    }
    expect(":");
    Optional<Term> to = sliceEnd() ? Optional.empty() : Optional.of(expression());
    Optional<Term> step = skip(":") && !sliceEnd() ? Optional.of(expression()) : Optional.empty();
    expect("]");
    return new Term.Slice(of, from, to, step);
  }

  private boolean sliceEnd() {
    return peek().is(Kind.OPERATOR, ":") || peek().is(Kind.OPERATOR, "]");
  }

  private List<Term.Argument> arguments() {
    List<Term.Argument> arguments = new ArrayList<>();
    expect("(");
    while (!skip(")")) {
      if (peek().kind() == Kind.NAME && tokens.get(at + 1).is(Kind.OPERATOR, "=")) {
        String name = name();
        next();
        arguments.add(new Term.Argument(Optional.of(name), expression()));
      } else {
        arguments.add(new Term.Argument(Optional.empty(), expression()));
      }
      if (!skip(",") && !peek().is(Kind.OPERATOR, ")")) {
        throw unexpected();
      }
    }
    return arguments;
  }

  private Term primary() {
    Token token = next();
    return switch (token.kind()) {
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (peek().kind() == Kind.STRING) {
          text.append(next().text());
        }
        yield new Term.Literal(text.toString());
      }
      case INTEGER -> new Term.Literal(Numbers.read(token.text()));
      case FLOAT -> new Term.Literal(Double.parseDouble(token.text()));
      case NAME ->
          switch (token.text()) {
            case "true", "True" -> new Term.Literal(true);
            case "false", "False" -> new Term.Literal(false);
            case "none", "None" -> new Term.Literal(Python.NONE);
            default -> new Term.Name(token.text());
          };
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> {
              if (skip(")")) {
                yield new Term.ListOf(List.of());
              }
              Term inner = tuple();
              expect(")");
              yield inner;
            }
            case "[" -> list();
            case "{" -> dictionary();
            default -> throw unexpected(token);
          };
      case TEXT, OPEN_OUTPUT, OPEN_BLOCK, CLOSE, END -> throw unexpected(token);
    };
  }

  private Term list() {
    List<Term> items = new ArrayList<>();
    while (!skip("]")) {
      items.add(expression());
      if (!skip(",") && !peek().is(Kind.OPERATOR, "]")) {
        throw unexpected();
      }
    }
    return new Term.ListOf(items);
  }

  private Term dictionary() {
    List<Term.Entry> entries = new ArrayList<>();
    while (!skip("}")) {
      Term key = expression();
      expect(":");
      entries.add(new Term.Entry(key, expression()));
      if (!skip(",") && !peek().is(Kind.OPERATOR, "}")) {
        throw unexpected();
      }
    }
    return new Term.DictOf(entries);
  }

  // --- tokens

  private Token peek() {
    return tokens.get(at);
  }

  private Token next() {
    Token token = tokens.get(at);
    if (token.kind() != Kind.END) {
      at++;
    }
    return token;
  }

  private boolean skip(String operator) {
    if (peek().is(Kind.OPERATOR, operator)) {
      at++;
      return true;
    }
    return false;
  }

  private boolean skipWord(String word) {
    if (peek().is(Kind.NAME, word)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String operator) {
    if (!skip(operator)) {
      throw unexpected();
    }
  }

  private void word(String word) {
    if (!skipWord(word)) {
      throw unexpected();
    }
  }

  private String name() {
    if (peek().kind() != Kind.NAME) {
      throw unexpected();
    }
    return next().text();
  }

  private void close() {
    if (peek().kind() != Kind.CLOSE) {
      throw unexpected();
    }
    at++;
  }

  private TemplateException unexpected() {
    return unexpected(peek());
  }

  private TemplateException unexpected(Token token) {
    String what = token.text().isEmpty() ? "the end of a tag" : "`" + token.text() + "`";
    return new TemplateException(what + " cannot stand here").at(token.line());
  }
}
