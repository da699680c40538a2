package dev.sgl.constraint.tag;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.DfaState;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.CodePoints;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// Makes the places of a machine for structural tags.
///
/// Free text is regular: it is all text in which no trigger and no excluded text comes. So is the
/// text up to a trigger, in which the first of these comes at its end. The ends of a tag are
/// excluded from the free text that is its content, so that the first of them ends the tag.
final class TagNodes {
  private final Function<Constraint, Node> inner;
  private final Budget budget;
  private final Terms terms;
  private final Dfa dfa;
  private final Term all; // texts
  private final Term some; // texts of a character or more

  TagNodes(Function<Constraint, Node> inner, Budget budget) {
    this.inner = inner;
    this.budget = budget;
    terms = new Terms(budget);
    dfa = new Dfa(terms, budget);
    all = characters(0, Regex.UNBOUNDED);
    some = characters(1, Regex.UNBOUNDED);
  }

  private Term characters(int min, int max) {
    return new RegexCompiler(terms, Spelling.RAW)
        .compile(new Regex.Repeat(new Regex.Chars(CodePoints.ALL), min, max));
  }

  /// The beginning of a whole text of a format.
  Node whole(Format format) {
    return node(format, List.of());
  }

  /// @param ends of the innermost tag around it, if they are not empty
  private Node node(Format format, List<String> ends) {
    budget.keep(1);
    return switch (format) {
      case Format.Text(var value) -> dfa.state(terms.text(value));
      case Format.Json(var schema) ->
          inner.apply(
              new Constraint.JsonSchema(
                  schema, JsonStyle.FREE, Constraint.JsonSchema.Formats.USUAL, Map.of()));
      case Format.Grammar(var grammar) -> inner.apply(new Constraint.Grammar(grammar));
      case Format.Regex(var pattern) -> inner.apply(new Constraint.Pattern(pattern));
      case Format.AnyText(var excludes, int most) -> {
        Term free = without(joined(excludes, ends));
        yield dfa.state(most == Integer.MAX_VALUE ? free : terms.both(free, characters(0, most)));
      }
      case Format.Sequence(var elements) ->
          sequence(elements.stream().map(element -> node(element, ends)).toList());
      case Format.Or(var elements) ->
          choice(elements.stream().map(element -> node(element, ends)).toList());
      case Format.Repeat(var content, int min, int max) -> repeat(node(content, ends), min, max);
      case Format.Tag tag -> tag(tag);
      case Format.Triggered triggered -> triggered(triggered, ends);
      case Format.Separated separated -> separated(separated);
    };
  }

  private Node tag(Format.Tag tag) {
    List<String> ends = tag.ends().stream().filter(end -> !end.isEmpty()).toList();
    Term end = terms.either(tag.ends().stream().map(terms::text).toList());
    return sequence(
        List.of(dfa.state(terms.text(tag.begin())), node(tag.content(), ends), dfa.state(end)));
  }

  // --- text

  /// Texts in which none of `excluded` comes.
  private Term without(List<String> excluded) {
    return excluded.isEmpty() ? all : terms.both(all, terms.not(containing(excluded, all)));
  }

  /// Texts in which one of `texts` comes, with `behind` after it.
  private Term containing(List<String> texts, Term behind) {
    return terms.concat(all, terms.either(texts.stream().map(terms::text).toList()), behind);
  }

  /// Texts that end with `trigger`, and in which none of `triggers` comes before their end and none
  /// of `excluded` at all.
  private Term until(String trigger, List<String> triggers, List<String> excluded) {
    Term ending = terms.concat(all, terms.text(trigger));
    Term tooEarly = terms.not(containing(triggers, some));
    return excluded.isEmpty()
        ? terms.both(ending, tooEarly)
        : terms.both(ending, tooEarly, terms.not(containing(excluded, all)));
  }

  private static List<String> joined(List<String> some, List<String> more) {
    return Stream.concat(some.stream(), more.stream()).distinct().toList();
  }

  // --- places

  private Node sequence(List<Node> parts) {
    Node rest = Branch.END;
    for (Node part : parts.reversed()) {
      Node then = rest;
      rest = place(part.isNullable() && then.isNullable(), edges -> edges.call(part, then));
    }
    return rest;
  }

  private Node choice(List<Node> choices) {
    return place(
        choices.stream().anyMatch(Node::isNullable),
        edges -> choices.forEach(choice -> edges.call(choice, Branch.END)));
  }

  private Node repeat(Node item, int min, int max) {
    Node rest = max == Integer.MAX_VALUE ? loop(item) : Branch.END;
    for (int i = max == Integer.MAX_VALUE ? min : max; i > 0; i--) {
      budget.keep(1);
      boolean mayEnd = i > min;
      Node then = rest;
      rest =
          place(mayEnd || item.isNullable() && then.isNullable(), edges -> edges.call(item, then));
    }
    return rest;
  }

  /// Any number of times; each takes a byte at least.
  private static Node loop(Node item) {
    Place loop = new Place(true);
    loop.lead(edges -> edges.callSome(item, loop));
    return loop;
  }

  private Node triggered(Format.Triggered format, List<String> ends) {
    List<String> triggers = format.rules().stream().map(Format.Rule::trigger).distinct().toList();
    List<String> excluded = joined(format.excludes(), ends);
    Place free = new Place(true);
    Node then = format.repeats() ? free : Branch.END;
    List<Node> tagged = new ArrayList<>();
    for (Format.Rule rule : format.rules()) {
      DfaState before = dfa.state(until(rule.trigger(), triggers, excluded));
      if (before.isDead()) {
        continue; // another trigger always comes earlier, or the trigger has an excluded text
      }
      tagged.add(sequence(List.of(before, node(rule.rest(), ends))));
    }
    Node text = dfa.state(without(joined(triggers, excluded)));
    free.lead(
        edges -> {
          edges.call(text, Branch.END);
          tagged.forEach(one -> edges.callSome(one, then));
        });
    if (format.atOnce().isEmpty()) {
      return free;
    }
    List<Node> first = format.atOnce().stream().map(tag -> node(tag, ends)).toList();
    return place(false, edges -> first.forEach(tag -> edges.call(tag, then)));
  }

  private Node separated(Format.Separated format) {
    Node tag = choice(format.tags().stream().map(one -> node(one, List.of())).toList());
    Node separator = dfa.state(terms.text(format.separator()));
    Node more = format.repeats() ? loop(sequence(List.of(separator, tag))) : Branch.END;
    Node list = sequence(List.of(tag, more));
    return format.atLeastOne() ? list : repeat(list, 0, 1);
  }

  private static Node place(boolean isNullable, Consumer<Edges.Builder> edges) {
    Place place = new Place(isNullable);
    place.lead(edges);
    return place;
  }

  /// A place whose edges are told later, since they may lead back to it.
  private static final class Place extends Branch.Lazy {
    private final boolean isNullable;
    private Consumer<Edges.Builder> leads = _ -> {};

    Place(boolean isNullable) {
      this.isNullable = isNullable;
    }

    void lead(Consumer<Edges.Builder> edges) {
      leads = edges;
    }

    @Override
    protected Edges makeEdges() {
      Edges.Builder builder = new Edges.Builder();
      leads.accept(builder);
      return isNullable ? builder.accept().build() : builder.build();
    }

    @Override
    public boolean isNullable() {
      return isNullable;
    }
  }
}
