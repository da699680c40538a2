package dev.sgl.local.template;

import dev.sgl.local.template.Lexer.Kind;
import dev.sgl.local.template.Lexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Tokens to nodes, by recursive descent; precedences as in Jinja's own documentation.
final class Parser {
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

  static List<Node> parse(String source) {
    Parser parser = new Parser(Lexer.tokens(source));
    List<Node> nodes = parser.nodes(Set.of());
    if (parser.peek().kind() != Kind.END) {
      throw parser.unexpected();
    }
    return nodes;
  }

  // --- statements

  /// Nodes up to a block tag with one of the words of `ends`, whose opening has been taken then.
  private List<Node> nodes(Set<String> ends) {
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("the chat template is nested too deeply");
    }
    List<Node> nodes = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.kind() == Kind.TEXT) {
        nodes.add(new Node.Text(next().text()));
      } else if (token.kind() == Kind.OPEN_OUTPUT) {
        next();
        nodes.add(new Node.Output(tuple()));
        close();
      } else if (token.kind() == Kind.OPEN_BLOCK) {
        if (ends.contains(tokens.get(at + 1).text())) {
          next();
          break;
        }
        next();
        nodes.add(statement(name()));
      } else if (ends.isEmpty()) {
        break;
      } else {
        throw new TemplateException(
            "the chat template ends before `" + String.join("` or `", ends) + "`");
      }
    }
    depth--;
    return nodes;
  }

  private List<Node> body(String end) {
    List<Node> nodes = nodes(Set.of(end));
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
      default -> throw new TemplateException("the chat template has an unknown tag `" + word + "`");
    };
  }

  private Node condition() {
    Term condition = tuple();
    close();
    List<Node> then = nodes(Set.of("elif", "else", "endif"));
    List<Node> otherwise =
        switch (name()) {
          case "elif" -> List.of(condition());
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
    List<Node> body = nodes(Set.of("else", "endfor"));
    List<Node> otherwise = List.of();
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

  private Term target() {
    Term target = new Term.Name(name());
    while (true) {
      if (skip(".")) {
        target = new Term.Attribute(target, name());
      } else if (skip("[")) {
        target = new Term.Item(target, expression());
        expect("]");
      } else {
        return target;
      }
    }
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
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("the chat template is nested too deeply");
    }
    Term term = or();
    while (skipWord("if")) {
      Term condition = or();
      term =
          new Term.Conditional(
              term, condition, skipWord("else") ? Optional.of(expression()) : Optional.empty());
    }
    depth--;
    return term;
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
    return skipWord("not") ? new Term.Unary("not", not()) : compare();
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
    return skip("**") ? new Term.Binary("**", left, power()) : left;
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
    return skip("-") ? new Term.Unary("-", unaryOperand()) : postfix();
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
          default -> false;
        };
    return operand ? List.of(new Term.Argument(Optional.empty(), postfix())) : List.of();
  }

  private Term postfix() {
    Term term = primary();
    while (true) {
      if (skip(".")) {
        term =
            peek().kind() == Kind.INTEGER
                ? new Term.Item(term, new Term.Literal(Long.parseLong(next().text())))
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
      case INTEGER -> new Term.Literal(Long.parseLong(token.text()));
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
      default -> throw unexpected(token);
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
    return new TemplateException("the chat template has " + what + " where it cannot stand");
  }
}
