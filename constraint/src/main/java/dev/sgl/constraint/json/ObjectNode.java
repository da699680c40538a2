package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.json.scalar.RawTexts;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Capture;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Inside of an object, before a property or the end.
final class ObjectNode extends Branch.Lazy implements Reach.Goal {

  /// The rest of an object.
  ///
  /// @param from the index of the first name that may come, where names have an order
  /// @param used the indices of the names that were used, where they have none
  /// @param formula the formula of the properties that follow
  /// @param others the names so far that were not mentioned, as written
  record Rest(int from, Set<Integer> used, Formula formula, Set<String> others) {}

  /// Where an object stands.
  ///
  /// @param first whether no property is before
  /// @param form how the object is written; empty if as JSON
  record Place(boolean first, Optional<Syntax.Members> form) {
    Place next() {
      return new Place(false, form);
    }
  }

  /// A property: its value and the place behind it, in one of several ways.
  private record Member(int name, Splits.Ways ways) {}

  private record OtherMember(ObjectPlan.Others names, List<Splits.Split> splits) {}

  private final JsonNodes nodes;
  private final Formulas formulas;
  private final ObjectPlan plan;
  private final Rest rest;
  private final Place place;

  ObjectNode(JsonNodes nodes, ObjectPlan plan, Rest rest, Place place) {
    this.nodes = nodes;
    this.formulas = nodes.formulas;
    this.plan = plan;
    this.rest = rest;
    this.place = place;
  }

  private boolean mayEnd() {
    if (plan.isPlain()) {
      return nextRequired() < 0;
    }
    return formulas.map(
            rest.formula(),
            atom ->
                formulas.constant(!(atom instanceof Formula.Properties count) || count.min == 0))
        == formulas.yes;
  }

  // --- the names that may come

  /// The formula that remains if the names before `from` do not come any more.
  private Formula without(Formula formula, int from, Set<Integer> used) {
    return formulas.map(
        formula,
        atom ->
            atom instanceof Formula.Each each && !mayCome(each, from, used) ? formulas.yes : atom);
  }

  private boolean mayCome(Formula.Each each, int from, Set<Integer> used) {
    for (int i = from; i < plan.names().size(); i++) {
      if (plan.speaksOf(each, i) && !used.contains(i)) {
        return true;
      }
    }
    return !(each.names instanceof Names.Named)
        && plan.others().stream().anyMatch(o -> plan.speaksOf(each, o));
  }

  private List<Splits.Split> split(Formula formula, Predicate<Formula.Each> speaks) {
    return nodes.splits.split(
        formula,
        atom -> atom instanceof Formula.Each each && speaks.test(each) ? each.value : formulas.yes,
        Formula.Each.class::isInstance,
        (atom, _) ->
            atom instanceof Formula.Properties count
                ? formulas.properties(count.min - 1, Formulas.less(count.max))
                : atom);
  }

  /// The first name that a plain object must still have, or -1.
  private int nextRequired() {
    int next = plan.required().nextSetBit(rest.from());
    while (next >= 0 && rest.used().contains(next)) {
      next = plan.required().nextSetBit(next + 1);
    }
    return next;
  }

  /// The same as [#members] for a plain object: what follows does not depend on the values.
  private List<Member> plainMembers() {
    List<Member> members = new ArrayList<>();
    int required = nextRequired();
    boolean passes = nodes.style.anyOrder() || required < 0;
    int last = passes ? plan.names().size() - 1 : required;
    for (int i = rest.from(); i <= last; i++) {
      Formula value = plan.value(i);
      if (!rest.used().contains(i) && nodes.isPossible(value)) {
        ObjectNode next = nodes.object(plan, after(i, rest.formula()), place.next());
        members.add(new Member(i, new Splits.Ways(List.of(new Splits.Way(value, next)))));
      }
    }
    return members;
  }

  private List<OtherMember> plainOthers() {
    List<OtherMember> members = new ArrayList<>();
    if (nodes.style.anyOrder() || nextRequired() < 0) {
      for (ObjectPlan.Others names : plan.others()) {
        Formula value = plan.value(names);
        if (nodes.isPossible(value)) {
          members.add(new OtherMember(names, List.of(new Splits.Split(value, rest.formula()))));
        }
      }
    }
    return members;
  }

  /// The mentioned names that may come now.
  private List<Member> members() {
    if (plan.isPlain()) {
      return plainMembers();
    }
    List<Member> members = new ArrayList<>();
    Formula formula = rest.formula();
    for (int i = rest.from(); i < plan.names().size() && formula != formulas.no; i++) {
      if (rest.used().contains(i)) {
        continue;
      }
      int name = i;
      List<Splits.Way> ways = new ArrayList<>();
      for (Splits.Split split : split(formula, each -> plan.speaksOf(each, name))) {
        ObjectNode next = nodes.object(plan, after(name, split.rest()), place.next());
        if (nodes.reach.isReachable(next)) {
          ways.add(new Splits.Way(split.value(), next));
        }
      }
      if (!ways.isEmpty()) {
        members.add(new Member(name, new Splits.Ways(ways)));
      }
      if (!nodes.style.anyOrder()) {
        formula = without(formula, i + 1, Set.of());
      }
    }
    return members;
  }

  private Rest after(int name, Formula formula) {
    int from = nodes.style.anyOrder() ? 0 : name + 1;
    Set<Integer> used = new HashSet<>(rest.used());
    if (nodes.style.anyOrder()) {
      used.add(name);
    }
    Formula asked = plan.isPlain() ? formula : without(formula, from, used);
    return new Rest(from, Set.copyOf(used), asked, rest.others());
  }

  /// The other names that may come now.
  private List<OtherMember> others() {
    if (plan.isPlain()) {
      return plainOthers();
    }
    Formula formula =
        nodes.style.anyOrder()
            ? rest.formula()
            : without(rest.formula(), plan.names().size(), Set.of());
    if (formula == formulas.no) {
      return List.of();
    }
    List<OtherMember> members = new ArrayList<>();
    for (ObjectPlan.Others names : plan.others()) {
      List<Splits.Split> splits = split(formula, each -> plan.speaksOf(each, names));
      if (!splits.isEmpty()) {
        members.add(new OtherMember(names, splits));
      }
    }
    return members;
  }

  private Rest afterOther(Formula formula, Set<String> others) {
    return nodes.style.anyOrder()
        ? new Rest(0, rest.used(), formula, others)
        : new Rest(plan.names().size(), Set.of(), formula, others);
  }

  // --- ways to the end

  /// In the order of the names, also where they may come in any: whether the object can be ended
  /// does not hang on that.
  @Override
  public Iterable<List<Reach.Goal>> ways() {
    if (mayEnd()) {
      return List.of(List.of());
    }
    if (plan.isPlain()) {
      List<Reach.Goal> needed = new ArrayList<>();
      plan.required().stream()
          .filter(name -> name >= rest.from() && !rest.used().contains(name))
          .forEach(name -> needed.add(nodes.value(plan.value(name))));
      return List.of(needed);
    }
    int last = plan.names().size() - 1; // later ones skip what may be left out
    return () ->
        Stream.concat(
                IntStream.iterate(last, name -> name >= rest.from(), name -> name - 1)
                    .filter(name -> !rest.used().contains(name))
                    .boxed()
                    .flatMap(this::waysBy),
                Stream.of(last + 1).flatMap(this::waysByOthers))
            .iterator();
  }

  private Stream<List<Reach.Goal>> waysBy(int name) {
    Formula formula = without(rest.formula(), name, rest.used());
    return split(formula, each -> plan.speaksOf(each, name)).stream()
        .map(split -> way(split, name + 1, rest.used(), rest.others()));
  }

  private Stream<List<Reach.Goal>> waysByOthers(int from) {
    Formula formula = without(rest.formula(), from, Set.of());
    List<List<Reach.Goal>> ways = new ArrayList<>();
    for (ObjectPlan.Others names : plan.others()) {
      for (Splits.Split split : split(formula, each -> plan.speaksOf(each, names))) {
        if (split.rest() == formula) {
          continue; // it brings the end no nearer
        }
        for (byte[] text : nodes.terms.search().texts(fresh(names), 1)) {
          Set<String> others = JsonNodes.with(rest.others(), text, 0);
          ways.add(way(split, from, Set.of(), others));
        }
      }
    }
    return ways.stream();
  }

  private List<Reach.Goal> way(
      Splits.Split split, int from, Set<Integer> used, Set<String> others) {
    Rest next = new Rest(from, used, without(split.rest(), from, used), others);
    return List.of(nodes.value(split.value()), nodes.object(plan, next, place.next()));
  }

  // --- places

  @Override
  protected Edges makeEdges() {
    return place
        .form()
        .map(form -> nodes.inside(form, place.first(), mayEnd(), names()))
        .orElseGet(() -> nodes.inside('}', place.first(), mayEnd(), names()));
  }

  private Edges names() {
    Edges.Builder builder = new Edges.Builder();
    List<Member> members = members();
    if (!members.isEmpty()) {
      byte[][] texts = new byte[members.size()][];
      Node[] targets = new Node[members.size()];
      for (int i = 0; i < texts.length; i++) {
        texts[i] = written(plan.names().get(members.get(i).name()));
        targets[i] = member(members.get(i).ways());
      }
      nodes.begin(beforeName(), nodes.names(texts, targets), builder);
    }
    for (OtherMember member : others()) {
      Term names = written(plan.isPlain() ? fresh(member.names()) : leadingOn(member));
      if (!nodes.dfa.isEmpty(names)) {
        Term quoted = nodes.terms.concat(nodes.terms.text(beforeName()), names);
        builder.call(
            Capture.of(nodes.rule(quoted), text -> afterName(member, text), behindName()),
            Branch.END);
      }
    }
    return builder.build();
  }

  // --- names as they are written

  private String beforeName() {
    return place.form().map(Syntax.Members::beforeName).orElse("\"");
  }

  /// A name with the text that ends it.
  private byte[] written(String name) {
    return place.form().map(form -> named(name, form)).orElseGet(() -> Texts.written(name));
  }

  private static byte[] named(String name, Syntax.Members form) {
    if (!form.mayName(name)) {
      throw new ConstraintException(
          "the name `%s` cannot be told from the text around it".formatted(name));
    }
    return (name + form.afterName()).getBytes(StandardCharsets.UTF_8);
  }

  /// Names that are written as JSON, as they are written here.
  private Term written(Term names) {
    return place.form().map(form -> named(names, form)).orElse(names);
  }

  private Term named(Term names, Syntax.Members form) {
    Term end = nodes.terms.concat(nodes.terms.text(form.end()), nodes.terms.all);
    Term told = form.beforeName().isEmpty() ? nodes.terms.both(names, nodes.terms.not(end)) : names;
    return nodes.shapes.raw(told, form.afterName());
  }

  /// The name in `text`, as JSON, without its opening quote.
  private byte[] name(byte[] text) {
    int begin = beforeName().getBytes(StandardCharsets.UTF_8).length;
    byte[] bare = Arrays.copyOfRange(text, begin, text.length);
    return place
        .form()
        .map(form -> Texts.written(RawTexts.read(bare, form.afterName())))
        .orElse(bare);
  }

  private ByteSet behindName() {
    return place.form().isPresent() ? ByteSet.ALL : nodes.nameEnd();
  }

  private Node member(Splits.Ways ways) {
    return place.form().map(form -> nodes.member(form, ways)).orElseGet(() -> nodes.member(ways));
  }

  private Term fresh(ObjectPlan.Others names) {
    return nodes.fresh(names.names(), rest.others().stream().map(nodes.terms::text));
  }

  /// The names behind which the object can end. Where there are many, it does not matter which.
  private Term leadingOn(OtherMember member) {
    Term names = fresh(member.names());
    List<byte[]> texts = nodes.terms.search().texts(names, ArrayNode.MAX_LISTED + 1);
    if (texts.size() > ArrayNode.MAX_LISTED) {
      return leadsOn(member, texts.getLast()) ? names : nodes.terms.nothing;
    }
    return nodes.terms.either(
        texts.stream().filter(text -> leadsOn(member, text)).map(nodes.terms::text).toList());
  }

  private boolean leadsOn(OtherMember member, byte[] name) {
    Set<String> names = JsonNodes.with(rest.others(), name, 0);
    return member.splits().stream()
        .map(split -> nodes.object(plan, afterOther(split.rest(), names), place.next()))
        .anyMatch(nodes.reach::isReachable);
  }

  private Node afterName(OtherMember member, byte[] text) {
    Set<String> names = JsonNodes.with(rest.others(), name(text), 0);
    List<Splits.Way> ways = new ArrayList<>();
    for (Splits.Split split : member.splits()) {
      ObjectNode next = nodes.object(plan, afterOther(split.rest(), names), place.next());
      if (nodes.reach.isReachable(next)) {
        ways.add(new Splits.Way(split.value(), next));
      }
    }
    return member(new Splits.Ways(ways));
  }
}
