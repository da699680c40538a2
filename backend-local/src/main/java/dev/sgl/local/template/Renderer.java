package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Renders nodes to text by the rules of Jinja's statements and expressions.
///
/// Undefined names behave as Jinja's default: empty as text, false as a condition, an error if an
/// attribute is read.
final class Renderer {
  private static final int MAX_DEPTH = 2000; // of terms, through macros

  private static final int POSITION = 12; // entries of `loop`

  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  /// Variables of a scope and those around it.
  private record Scope(Map<String, Object> variables, Optional<Scope> outer) {
    Scope inner() {
      return new Scope(new LinkedHashMap<>(), Optional.of(this));
    }

    Optional<Object> find(String name) {
      Object own = variables.get(name);
      return own != null ? Optional.of(own) : outer.flatMap(o -> o.find(name));
    }
  }

  private final Scope globals;
  private int depth;
  private int line; // that is rendered

  private Renderer(Map<String, Object> context) {
    globals = new Scope(new LinkedHashMap<>(context), Optional.empty());
  }

  static String render(List<Node.Placed> nodes, Map<String, Object> context) {
    StringBuilder out = new StringBuilder();
    Renderer renderer = new Renderer(context);
    try {
      renderer.nodes(nodes, renderer.globals.inner(), out);
    } catch (TemplateException e) {
      throw e.at(renderer.line);
    } catch (StackOverflowError e) {
      throw new TemplateException("it is nested too deeply").at(renderer.line);
    } catch (RuntimeException e) { // Java's, where Python has an error of its own
      throw new TemplateException(
              "a filter, test or method was called in a wrong way: " + e.getMessage())
          .at(renderer.line);
    }
    return out.toString();
  }

  // --- statements

  private Flow nodes(List<Node.Placed> nodes, Scope scope, StringBuilder out) {
    int before = line;
    Flow flow = Flow.ON;
    for (Iterator<Node.Placed> i = nodes.iterator(); flow == Flow.ON && i.hasNext(); ) {
      Work.step();
      Node.Placed placed = i.next();
      line = placed.line();
      flow = node(placed.node(), scope, out);
    }
    line = before;
    return flow;
  }

  private Flow node(Node node, Scope scope, StringBuilder out) {
    switch (node) {
      case Node.Text(var text) -> append(text, out);
      case Node.Output(var term) -> append(Python.text(value(term, scope)), out);
      case Node.If(var condition, var then, var otherwise) -> {
        return nodes(Python.truth(value(condition, scope)) ? then : otherwise, scope, out);
      }
      case Node.For loop -> loop(loop, scope, out);
      case Node.Set(var targets, var value) -> set(targets, value(value, scope), scope);
      case Node.SetBlock(var target, var filters, var body) ->
          assign(target, filtered(filters, rendered(body, scope.inner()), scope), scope);
      case Node.Macro(var name, var parameters, var body) ->
          scope.variables().put(name, macro(parameters, body, scope));
      case Node.FilterBlock(var filters, var body) ->
          append(Python.text(filtered(filters, rendered(body, scope.inner()), scope)), out);
      case Node.CallBlock(var call, var parameters, var body) -> {
        Scope inner = scope.inner();
        inner.variables().put("caller", macro(parameters, body, scope));
        append(Python.text(value(call, inner)), out);
      }
      case Node.Block(var body) -> {
        return nodes(body, scope, out);
      }
      case Node.Break() -> {
        return Flow.BREAK;
      }
      case Node.Continue() -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private static void append(String text, StringBuilder out) {
    Work.characters(text.length());
    out.append(text);
  }

  private String rendered(List<Node.Placed> body, Scope scope) {
    StringBuilder out = new StringBuilder();
    nodes(body, scope, out);
    return out.toString();
  }

  private Object filtered(List<Term.Filter> filters, Object text, Scope scope) {
    Object value = text;
    for (Term.Filter filter : filters) {
      value = filter(value, filter, scope);
    }
    return value;
  }

  private void loop(Node.For loop, Scope scope, StringBuilder out) {
    List<Object> items = Python.items(value(loop.items(), scope));
    if (loop.condition().isPresent()) {
      items.removeIf(
          item -> {
            Scope inner = scope.inner();
            bind(loop.targets(), item, inner);
            return !Python.truth(value(loop.condition().get(), inner));
          });
    }
    if (items.isEmpty()) {
      nodes(loop.otherwise(), scope, out);
      return;
    }
    for (int i = 0; i < items.size(); i++) {
      Work.items(POSITION);
      Scope inner = scope.inner();
      bind(loop.targets(), items.get(i), inner);
      inner.variables().put("loop", position(items, i));
      if (nodes(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
  }

  private static Map<Object, Object> position(List<Object> items, int i) {
    Map<Object, Object> loop = new LinkedHashMap<>();
    int size = items.size();
    loop.put("index", (long) i + 1);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) size - i);
    loop.put("revindex0", (long) size - i - 1);
    loop.put("first", i == 0);
    loop.put("last", i == size - 1);
    loop.put("length", (long) size);
    if (i > 0) {
      loop.put("previtem", items.get(i - 1));
    }
    if (i < size - 1) {
      loop.put("nextitem", items.get(i + 1));
    }
    Callable cycle =
        (arguments, _) -> {
          if (arguments.isEmpty()) {
            throw new TemplateException("no items for cycling given");
          }
          return arguments.get(i % arguments.size());
        };
    loop.put("cycle", cycle);
    return loop;
  }

  private static void bind(List<String> targets, Object item, Scope scope) {
    if (targets.size() == 1) {
      scope.variables().put(targets.getFirst(), item);
      return;
    }
    List<Object> parts = Python.items(item);
    if (parts.size() != targets.size()) {
      throw new TemplateException(parts.size() + " values do not fit " + targets.size() + " names");
    }
    for (int i = 0; i < parts.size(); i++) {
      scope.variables().put(targets.get(i), parts.get(i));
    }
  }

  private void set(List<Term> targets, Object value, Scope scope) {
    if (targets.size() == 1) {
      assign(targets.getFirst(), value, scope);
      return;
    }
    List<Object> parts = Python.items(value);
    for (int i = 0; i < targets.size(); i++) {
      assign(targets.get(i), parts.get(i), scope);
    }
  }

  private void assign(Term target, Object value, Scope scope) {
    switch (target) {
      case Term.Name(var name) -> scope.variables().put(name, value);
      case Term.Attribute(var of, var name) -> {
        if (!(value(of, scope) instanceof Namespace map)) {
          throw notAssignable();
        }
        map.put(name, value);
      }
      case Term.Literal _,
          Term.Item _,
          Term.Slice _,
          Term.Call _,
          Term.Filter _,
          Term.Test _,
          Term.Unary _,
          Term.Binary _,
          Term.Compare _,
          Term.Conditional _,
          Term.ListOf _,
          Term.DictOf _ ->
          throw notAssignable();
    }
  }

  private static TemplateException notAssignable() {
    return new TemplateException("only names and namespaces can be set");
  }

  private Callable macro(List<Node.Parameter> parameters, List<Node.Placed> body, Scope defined) {
    return (arguments, named) -> {
      Scope scope = defined.inner();
      for (int i = 0; i < parameters.size(); i++) {
        Node.Parameter parameter = parameters.get(i);
        Object value =
            i < arguments.size()
                ? arguments.get(i)
                : named.containsKey(parameter.name())
                    ? named.get(parameter.name())
                    : parameter
                        .standard()
                        .map(term -> value(term, scope))
                        .orElse(
                            new Python.Undefined(
                                "parameter '" + parameter.name() + "' was not provided"));
        scope.variables().put(parameter.name(), value);
      }
      return rendered(body, scope);
    };
  }

  // --- expressions

  private Object value(Term term, Scope scope) {
    Work.step();
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("it is nested too deeply, or calls itself without end");
    }
    try {
      return evaluate(term, scope);
    } finally {
      depth--;
    }
  }

  private Object evaluate(Term term, Scope scope) {
    return switch (term) {
      case Term.Literal(Object value) -> value;
      case Term.Name(var name) -> variable(name, scope);
      case Term.Attribute(var of, var name) -> attribute(value(of, scope), name);
      case Term.Item(var of, var at) -> item(value(of, scope), value(at, scope));
      case Term.Slice slice -> slice(slice, scope);
      case Term.Call(var callee, var arguments) -> call(value(callee, scope), arguments, scope);
      case Term.Filter filter -> filter(value(filter.of(), scope), filter, scope);
      case Term.Test test -> test(test, scope);
      case Term.Unary unary -> unary(unary, scope);
      case Term.Binary binary -> binary(binary, scope);
      case Term.Compare compare -> compare(compare, scope);
      case Term.Conditional conditional -> conditional(conditional, scope);
      case Term.ListOf(var items) -> list(items, scope);
      case Term.DictOf(var entries) -> dictionary(entries, scope);
    };
  }

  /// The value of a variable, or of a global function.
  private static Object variable(String name, Scope scope) {
    return scope
        .find(name)
        .or(() -> Optional.ofNullable(Globals.FUNCTIONS.get(name)))
        .orElseGet(() -> new Python.Undefined("'" + name + "' is undefined"));
  }

  private boolean test(Term.Test test, Scope scope) {
    boolean holds =
        Tests.holds(
            test.name(),
            value(test.of(), scope),
            test.arguments().stream().map(a -> value(a.value(), scope)).toList());
    return holds != test.negated();
  }

  private Object unary(Term.Unary unary, Scope scope) {
    Object value = value(unary.of(), scope);
    return unary.operator().equals("not") ? (Object) !Python.truth(value) : Numbers.negative(value);
  }

  private boolean compare(Term.Compare compare, Scope scope) {
    Object left = value(compare.first(), scope);
    for (Term.Comparison comparison : compare.rest()) {
      Object right = value(comparison.right(), scope);
      if (!Operators.holds(comparison.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Object conditional(Term.Conditional conditional, Scope scope) {
    if (Python.truth(value(conditional.condition(), scope))) {
      return value(conditional.then(), scope);
    }
    return conditional.otherwise().isPresent()
        ? value(conditional.otherwise().get(), scope)
        : new Python.Undefined(
            "the inline if-expression evaluated to false and no else section was defined.");
  }

  private List<Object> list(List<Term> items, Scope scope) {
    List<Object> list = new ArrayList<>();
    items.forEach(item -> list.add(value(item, scope)));
    return list;
  }

  private Map<Object, Object> dictionary(List<Term.Entry> entries, Scope scope) {
    Map<Object, Object> map = new LinkedHashMap<>();
    entries.forEach(
        entry -> map.put(Python.key(value(entry.key(), scope)), value(entry.value(), scope)));
    return map;
  }

  private Object binary(Term.Binary binary, Scope scope) {
    Object left = value(binary.left(), scope);
    return switch (binary.operator()) {
      case "and" -> Python.truth(left) ? value(binary.right(), scope) : left;
      case "or" -> Python.truth(left) ? left : value(binary.right(), scope);
      default -> Operators.binary(binary.operator(), left, value(binary.right(), scope));
    };
  }

  private static Object attribute(Object of, String name) {
    if (of instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    Optional<Callable> method = of instanceof Namespace ? Optional.empty() : Methods.of(of, name);
    if (method.isPresent()) {
      return method.get();
    }
    return item(of, name);
  }

  private static Object item(Object of, Object at) {
    return switch (of) {
      case Python.Undefined undefined -> throw undefined.error();
      case Map<?, ?> map -> {
        Object value = map.get(Python.key(at));
        yield value != null
            ? value
            : new Python.Undefined("'dict object' has no attribute " + Python.repr(at));
      }
      case List<?> list when at instanceof Long index -> {
        long place = index < 0 ? list.size() + index : index;
        yield place >= 0 && place < list.size()
            ? list.get((int) place)
            : new Python.Undefined("list object has no element " + index);
      }
      case String text when at instanceof Long index -> {
        Work.characters(text.length());
        int length = text.codePointCount(0, text.length());
        long place = index < 0 ? length + index : index;
        yield place >= 0 && place < length
            ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) place)))
            : new Python.Undefined("str object has no element " + index);
      }
      default -> new Python.Undefined(Python.repr(of) + " has no attribute " + Python.repr(at));
    };
  }

  private Object slice(Term.Slice slice, Scope scope) {
    Object of = value(slice.of(), scope);
    List<Object> items = Python.items(of);
    long step = slice.step().map(t -> Python.integer(value(t, scope))).orElse(1L);
    if (step == 0) {
      throw new TemplateException("slice step cannot be zero");
    }
    long size = items.size();
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? size : size - 1;
    long from = bound(slice.from(), scope, step > 0 ? low : high, size, low, high);
    long to = bound(slice.to(), scope, step > 0 ? high : low, size, low, high);
    List<Object> part = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      Work.items(1);
      part.add(items.get((int) i));
    }
    if (of instanceof String) {
      StringBuilder text = new StringBuilder();
      part.forEach(text::append);
      return text.toString();
    }
    return part;
  }

  private long bound(
      Optional<Term> term, Scope scope, long standard, long size, long low, long high) {
    if (term.isEmpty() || value(term.get(), scope) == Python.NONE) {
      return standard;
    }
    long index = Python.integer(value(term.get(), scope));
    return Math.clamp(index < 0 ? index + size : index, low, high);
  }

  private Object call(Object callee, List<Term.Argument> written, Scope scope) {
    if (callee instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    if (!(callee instanceof Callable callable)) {
      throw new TemplateException(Python.repr(callee) + " cannot be called");
    }
    return callable.call(positional(written, scope), named(written, scope));
  }

  private Object filter(Object value, Term.Filter filter, Scope scope) {
    return Filters.apply(
        filter.name(),
        value,
        positional(filter.arguments(), scope),
        named(filter.arguments(), scope));
  }

  private List<Object> positional(List<Term.Argument> written, Scope scope) {
    return written.stream()
        .filter(a -> a.name().isEmpty())
        .map(a -> value(a.value(), scope))
        .toList();
  }

  private Map<String, Object> named(List<Term.Argument> written, Scope scope) {
    Map<String, Object> named = new LinkedHashMap<>();
    written.forEach(a -> a.name().ifPresent(name -> named.put(name, value(a.value(), scope))));
    return Collections.unmodifiableMap(named);
  }
}
