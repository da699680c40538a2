package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.json.scalar.Whitespace;
import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.DfaState;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import dev.sgl.constraint.syntax.ValueReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The places at which a JSON value is written, each made once, when it is first needed.
final class JsonNodes {
  private static final int EDGES_BYTES = 500; // of a node, on average

  final Language language;
  final Formulas formulas;
  final Terms terms;
  final Shapes shapes;
  final JsonStyle style;
  final Dfa dfa;
  final Reach reach;
  final Splits splits;

  private final Map<Formula, ValueNode> values = new HashMap<>();
  private final Map<Formula, ObjectPlan> plans = new HashMap<>();
  private final Map<List<Object>, Branch> others = new HashMap<>();
  private final Whitespace whitespace;

  JsonNodes(Language language, Shapes shapes, JsonStyle style) {
    this.language = language;
    this.formulas = language.formulas();
    this.terms = language.terms();
    this.shapes = shapes;
    this.style = style;
    dfa = new Dfa(terms, language.budget());
    reach = new Reach(language.budget());
    splits = new Splits(this);
    whitespace = new Whitespace(terms);
  }

  ValueNode value(Formula formula) {
    return values.computeIfAbsent(formula, f -> new ValueNode(this, f));
  }

  ObjectPlan plan(Formula object) {
    ObjectPlan known = plans.get(object);
    if (known == null) {
      known = new ObjectPlan(this, object);
      plans.put(object, known);
    }
    return known;
  }

  /// The beginning of a text that writes a value of `formula`.
  Node start(Formula formula) {
    return style
        .syntax()
        .outer()
        .map(form -> literal(utf8(form.begin()), 0, outermost(formula)))
        .orElseGet(() -> value(formula));
  }

  private Node outermost(Formula formula) {
    return plan(shapes.of(formula, Kind.OBJECT)).start(style.syntax().outer());
  }

  /// Adds the edges into an object that is not the outermost one.
  void open(ObjectNode inside, Edges.Builder edges) {
    Optional<Syntax.Members> form = style.syntax().inner();
    if (form.isPresent()) {
      begin(form.get().begin(), inside, edges);
    } else {
      edges.on('{', spaced(inside));
    }
  }

  ObjectNode object(ObjectPlan plan, ObjectNode.Rest rest, ObjectNode.Place place) {
    return (ObjectNode)
        once(List.of("object", plan, rest, place), () -> new ObjectNode(this, plan, rest, place));
  }

  ArrayNode array(Formula rest, Set<String> seen, boolean first) {
    return (ArrayNode)
        once(List.of("array", rest.id, seen, first), () -> new ArrayNode(this, rest, seen, first));
  }

  /// A value as JSON.
  byte[] json(byte[] written) {
    if (style.syntax().isJson()) {
      return written;
    }
    StringBuilder json = new StringBuilder();
    new ValueReader(style.syntax()).read(new String(written, StandardCharsets.UTF_8), 0, json);
    return utf8(json.toString());
  }

  /// `texts` and `text`, as UTF-8.
  static Set<String> with(Set<String> texts, byte[] text, int from) {
    Set<String> more = new HashSet<>(texts);
    more.add(new String(text, from, text.length - from, StandardCharsets.UTF_8));
    return Set.copyOf(more);
  }

  private Branch once(List<Object> key, Supplier<Branch> maker) {
    Branch known = others.get(key);
    if (known == null) {
      known = maker.get();
      language.budget().keep(2);
      language.budget().remember(EDGES_BYTES);
      others.put(key, known);
    }
    return known;
  }

  /// Whether some value satisfies `formula`.
  boolean isPossible(Formula formula) {
    return reach.isReachable(value(formula));
  }

  DfaState rule(Term term) {
    return dfa.state(term);
  }

  private boolean isFree() {
    return style.layout() == JsonStyle.Layout.FREE;
  }

  /// The bytes that may come after a name.
  ByteSet nameEnd() {
    return isFree() ? Whitespace.STARTS.or(ByteSet.of(':')) : ByteSet.of(':');
  }

  /// The bytes that may come after an item.
  ByteSet itemEnd() {
    ByteSet end = ByteSet.of(',').or(ByteSet.of(']'));
    return isFree() ? Whitespace.STARTS.or(end) : end;
  }

  // the callers of a place inside of an array or object are the values around that
  private Node someSpace(int callers) {
    return rule(whitespace.some(callers + 1));
  }

  private Node anySpace(int callers) {
    return rule(whitespace.any(callers + 1));
  }

  /// White space where it is allowed, then `then`.
  Node spaced(Node then) {
    if (!isFree()) {
      return then;
    }
    return once(
        List.of("space", then),
        () -> new SuppliedBranch(() -> new Edges.Builder().call(this::anySpace, then).build()));
  }

  /// The edges of `bare`, and the same behind white space where it is allowed.
  Edges spacedBefore(Edges bare) {
    return isFree()
        ? new Edges.Builder()
            .all(bare)
            .call(this::someSpace, new SuppliedBranch(() -> bare))
            .build()
        : bare;
  }

  /// The edges of a place inside of an array or object, before an element or the end.
  ///
  /// @param close the bracket that ends it
  /// @param first whether this place is before the first element
  /// @param mayEnd whether it may end here
  /// @param elements the edges into the elements that may come
  Edges inside(char close, boolean first, boolean mayEnd, Edges elements) {
    Edges.Builder edges = new Edges.Builder();
    if (mayEnd) {
      edges.on(close, Branch.END);
    }
    if (first) {
      return edges.all(elements).build();
    }
    if (elements.labels().length > 0 || !elements.calls().isEmpty()) {
      comma(edges, new SuppliedBranch(() -> elements));
    }
    return spacedBefore(edges.build());
  }

  /// The same of an object that is not written as JSON.
  Edges inside(Syntax.Members form, boolean first, boolean mayEnd, Edges elements) {
    Edges.Builder edges = new Edges.Builder();
    if (mayEnd) {
      begin(form.end(), Branch.END, edges);
    }
    boolean hasElements = elements.labels().length > 0 || !elements.calls().isEmpty();
    if (first || form.between().isEmpty()) {
      edges.all(elements);
    } else if (hasElements) {
      begin(form.between(), new SuppliedBranch(() -> elements), edges);
    }
    return edges.build();
  }

  /// Adds the edge by `text`, then `then`.
  void begin(String text, Node then, Edges.Builder edges) {
    byte[] bytes = utf8(text);
    if (bytes.length == 0) {
      edges.call(then, Branch.END);
    } else {
      edges.on(bytes[0], literal(bytes, 1, then));
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// A comma as the style has it, then `then`.
  private void comma(Edges.Builder edges, Node then) {
    byte[] text =
        isFree() ? new byte[] {','} : style.layout().comma().getBytes(StandardCharsets.UTF_8);
    edges.on(text[0], literal(text, 1, spaced(then)));
  }

  /// The texts of `term` that none of `used` is.
  Term fresh(Term term, Stream<Term> used) {
    return terms.both(term, terms.not(terms.either(used.toList())));
  }

  /// The rest of `text` from `from` on, then `then`.
  Node literal(byte[] text, int from, Node then) {
    if (from == text.length) {
      return then;
    }
    Node next = literal(text, from + 1, then);
    return once(
        List.of("literal", text[from], next),
        () -> new SuppliedBranch(() -> new Edges.Builder().on(text[from], next).build()));
  }

  /// A colon as the style has it, then a value and what follows it, in one of `ways`.
  Node member(Splits.Ways ways) {
    Node choice = choice(ways);
    if (!isFree()) {
      return literal(style.layout().colon().getBytes(StandardCharsets.UTF_8), 0, choice);
    }
    return once(
        List.of("member", choice),
        () ->
            new SuppliedBranch(
                () -> spacedBefore(new Edges.Builder().on(':', spaced(choice)).build())));
  }

  /// The same in an object that is not written as JSON, behind the text that ends the name.
  Node member(Syntax.Members form, Splits.Ways ways) {
    return once(List.of("member", form, ways), () -> new SuppliedBranch(() -> values(form, ways)));
  }

  private Edges values(Syntax.Members form, Splits.Ways ways) {
    Edges.Builder edges = new Edges.Builder();
    for (Splits.Way way : ways.list()) {
      Formula value = way.value();
      if (form.strings().isPresent()) {
        Syntax.Raw strings = form.strings().get();
        Term texts = shapes.raw(value, strings.end());
        if (!dfa.isEmpty(texts)) {
          edges.call(rule(terms.concat(terms.text(strings.begin()), texts)), way.next());
        } else if (!dfa.isEmpty(shapes.text(value))) {
          throw new ConstraintException(
              "every string of a value has `%s` in it, which ends strings here"
                  .formatted(strings.end()));
        }
        value = formulas.and(value, formulas.kinds(Kind.ALL & ~Kind.STRING.bit()));
        Term words =
            shapes.words(value, Syntax.Scalars.PYTHON); // as templates in Python write them
        if (!dfa.isEmpty(words)) {
          value(form, rule(words), way.next(), edges);
        }
      }
      if (isPossible(value)) {
        value(form, value(value), way.next(), edges);
      }
    }
    return edges.build();
  }

  /// Adds the edges by a value with the texts around it, then `then`.
  private void value(Syntax.Members form, Node value, Node then, Edges.Builder edges) {
    Node behind = literal(utf8(form.afterValue()), 0, then);
    Edges written = new Edges.Builder().call(value, behind).build();
    begin(form.beforeValue(), new SuppliedBranch(() -> written), edges);
  }

  private Node choice(Splits.Ways ways) {
    return once(
        List.of("choice", ways),
        () ->
            new SuppliedBranch(
                () -> {
                  Edges.Builder edges = new Edges.Builder();
                  ways.list().forEach(way -> edges.call(value(way.value()), way.next()));
                  return edges.build();
                }));
  }

  /// The names of `targets`, as written, each with what follows it.
  Node names(byte[][] names, Node[] targets) {
    Integer[] order = new Integer[names.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(names[a], names[b]));
    byte[][] sorted = new byte[names.length][];
    List<Node> follow = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      sorted[i] = names[order[i]];
      follow.add(targets[order[i]]);
    }
    return new SuppliedBranch(() -> trie(sorted, follow, 0, names.length, 0));
  }

  private static Edges trie(byte[][] names, List<Node> targets, int from, int to, int depth) {
    Edges.Builder edges = new Edges.Builder();
    for (int i = from; i < to; ) {
      byte value = names[i][depth];
      int first = i;
      while (i < to && names[i][depth] == value) {
        i++;
      }
      int last = i;
      boolean ends = names[first].length == depth + 1; // in a quote: no other name goes on
      edges.on(
          value,
          ends
              ? targets.get(first)
              : new SuppliedBranch(() -> trie(names, targets, first, last, depth + 1)));
    }
    return edges.build();
  }

  /// A place whose edges a supplier makes.
  private static final class SuppliedBranch extends Branch.Lazy {
    private final Supplier<Edges> maker;

    SuppliedBranch(Supplier<Edges> maker) {
      this.maker = maker;
    }

    @Override
    protected Edges makeEdges() {
      return maker.get();
    }
  }
}
