package dev.sgl.interpreter;

import dev.sgl.testing.Mutator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Makes random programs that compile, fail only at a `check` or a `fail`, and speak: messages,
/// conditions, loops that are left early, fragments, functions, copies of the conversation,
/// attempts, and calls of programs and tools. Each asks the model at its end at the latest, unless
/// it fails or returns before.
final class RandomConversations {
  private static final List<String> WORDS = List.of("a", "b", "cd");

  private enum Kind {
    TEXT("string"),
    NUMBER("int"),
    TRUTH("bool"),
    TEXTS("string[]");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  private record Variable(String name, Kind kind) {}

  /// A program that is called `main`, and values for all of its parameters.
  record Case(String source, Map<String, Object> arguments) {}

  /// Where a step stands: what may be written there.
  private record Place(int depth, boolean inLoop, boolean mayAsk) {
    Place inside() {
      return new Place(depth - 1, inLoop, mayAsk);
    }

    Place loop() {
      return new Place(depth - 1, true, mayAsk);
    }

    Place copy() {
      return new Place(depth - 1, false, true);
    }
  }

  private final SplittableRandom random;
  private final int most; // steps of a block
  private final StringBuilder out = new StringBuilder();
  private List<Variable> variables = new ArrayList<>();
  private int names;
  private boolean inFragment; // which does not call itself

  private RandomConversations(SplittableRandom random, int size) {
    this.random = random;
    this.most = 2 + size / 25;
  }

  static Case next(SplittableRandom random, int size) {
    return new RandomConversations(random, size).program();
  }

  private Case program() {
    out.append("tool t(x: string) -> string\n");
    out.append("fn twice(x: string) -> string { return \"{x}{x}\" }\n");
    out.append("fn kept(x: string) -> string { retry 2 { return q(x) } else { return \"no\" } }\n");
    out.append("program q(x: string) -> string { user \"Q{x}\" assistant gen y return y }\n");
    fragment();
    Map<String, Object> arguments = new LinkedHashMap<>();
    List<String> parameters = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Variable parameter = variable(Mutator.any(List.of(Kind.values()), random));
      arguments.put(parameter.name(), argument(parameter.kind()));
      parameters.add(parameter.name() + ": " + parameter.kind().word);
    }
    out.append("program main(").append(String.join(", ", parameters)).append(")");
    block(new Place(3, false, true), "assistant { \"E\" gen last }");
    return new Case(out.toString(), arguments);
  }

  private void fragment() {
    variables.add(new Variable("p", Kind.TEXT));
    variables.add(new Variable("o", Kind.TRUTH));
    out.append("fragment f(p: string, o: bool = false)");
    inFragment = true;
    block(new Place(2, false, true), "");
    inFragment = false;
    variables = new ArrayList<>();
  }

  private Object argument(Kind kind) {
    return switch (kind) {
      case TEXT -> Mutator.any(WORDS, random);
      case NUMBER -> (Object) random.nextLong(3);
      case TRUTH -> chance(50);
      case TEXTS -> WORDS.subList(0, 1 + random.nextInt(3));
    };
  }

  private Variable variable(Kind kind) {
    Variable variable = new Variable("v" + names++, kind);
    variables.add(variable);
    return variable;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  // --- steps

  private void block(Place place, String end) {
    out.append(" {\n");
    List<Variable> outer = new ArrayList<>(variables);
    steps(place);
    out.append(end).append("\n}\n");
    variables = outer;
  }

  private void steps(Place place) {
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      step(place);
    }
  }

  private void step(Place place) {
    switch (random.nextInt(place.depth() > 0 ? 18 : 9)) {
      case 0, 1, 2 -> message();
      case 3, 4 -> let();
      case 5 -> assign();
      case 6 -> leave(place);
      case 7 -> call();
      case 8 -> ask(place);
      case 9, 10, 11 -> condition(place.inside());
      case 12, 13 -> loop(place.loop());
      case 14 -> match(place.inside());
      case 15 -> attempt(place.inside());
      case 16 -> copy(place.copy());
      default -> {
        out.append("with (temperature: 0.5)");
        block(place.inside(), "");
      }
    }
  }

  private void message() {
    out.append(Mutator.any(List.of("user ", "assistant ", "system "), random));
    if (chance(30)) {
      out.append("{ ").append(text()).append(' ').append(text()).append(" }\n");
    } else {
      out.append(text()).append('\n');
    }
  }

  private void let() {
    Kind kind = Mutator.any(List.of(Kind.values()), random);
    String value = value(kind);
    out.append("let ").append(variable(kind).name()).append(" = ").append(value).append('\n');
  }

  private void assign() {
    if (!variables.isEmpty()) {
      Variable variable = Mutator.any(variables, random);
      out.append(variable.name()).append(" = ").append(value(variable.kind())).append('\n');
    }
  }

  /// A step that ends the block around it if a condition holds.
  private void leave(Place place) {
    String how = place.inLoop() ? Mutator.any(List.of("break", "continue"), random) : "return";
    String ends = chance(70) ? how : Mutator.any(List.of("return", "fail \"failed\""), random);
    if (chance(60)) {
      out.append("if ").append(truth()).append(" { ").append(ends).append(" }\n");
    } else {
      out.append("check ").append(truth()).append('\n');
    }
  }

  private void call() {
    switch (random.nextInt(inFragment ? 2 : 4)) {
      case 2, 3 -> out.append("f(").append(text()).append(chance(50) ? "" : ", o: " + truth());
      case 0 -> out.append("t(").append(text());
      default -> out.append("log(").append(text());
    }
    out.append(")\n");
  }

  private void ask(Place place) {
    if (place.mayAsk() && chance(40)) {
      out.append("assistant { ").append(text()).append(" gen ");
      out.append(variable(Kind.TEXT).name()).append(" }\n");
    }
  }

  private void condition(Place place) {
    out.append("if ").append(truth());
    block(place, "");
    if (chance(50)) {
      out.append("else");
      block(place, "");
    }
  }

  private void loop(Place place) {
    List<Variable> outer = new ArrayList<>(variables);
    if (chance(70)) {
      String list = value(Kind.TEXTS);
      out.append("for ").append(variable(Kind.TEXT).name()).append(" in ").append(list);
      block(place, "");
    } else {
      String counter = "c" + names++;
      out.append("let ").append(counter).append(" = 0\nwhile ").append(counter).append(" < 3");
      out.append(" and ").append(truth()).append(" { ").append(counter).append(" = ");
      out.append(counter).append(" + 1\n");
      variables.add(new Variable(counter, Kind.TEXT)); // shown, and never assigned a number
      variables.removeLast();
      steps(place);
      out.append("}\n");
    }
    variables = outer;
  }

  private void match(Place place) {
    out.append("match ").append(value(Kind.TEXT)).append(" {\n\"a\" ->");
    block(place, "");
    out.append(chance(50) ? "r\"[a-c]+\" ->" : "\"b\" | \"cd\" ->");
    block(place, "");
    out.append("_ ->");
    block(place, "");
    out.append("}\n");
  }

  private void attempt(Place place) {
    out.append("retry ").append(1 + random.nextInt(2));
    block(new Place(place.depth(), false, place.mayAsk()), "");
    if (chance(50)) {
      out.append("else");
      block(new Place(place.depth(), false, place.mayAsk()), "");
    }
  }

  /// A fork or a scratch. Some ask nothing.
  private void copy(Place place) {
    String asks = chance(80) ? "assistant { \"C\" gen g" + names++ + " }" : "";
    if (chance(50)) {
      out.append("scratch");
      block(place, asks);
      return;
    }
    List<Variable> outer = new ArrayList<>(variables);
    String list = chance(90) ? value(Kind.TEXTS) : "[e for e in [\"a\"] if false]";
    out.append("fork ").append(variable(Kind.TEXT).name()).append(" in ").append(list);
    out.append(" as k").append(names++);
    block(place, asks);
    variables = outer;
  }

  // --- values

  /// A text in quotes, with values in it.
  private String text() {
    StringBuilder text = new StringBuilder("\"").append(Mutator.any(WORDS, random));
    while (chance(50) && !variables.isEmpty()) {
      text.append('{')
          .append(Mutator.any(variables, random).name())
          .append("}")
          .append(Mutator.any(WORDS, random));
    }
    return text.append('"').toString();
  }

  private String value(Kind kind) {
    List<Variable> like = variables.stream().filter(v -> v.kind() == kind).toList();
    if (!like.isEmpty() && chance(60)) {
      return Mutator.any(like, random).name();
    }
    return switch (kind) {
      case TEXT -> words();
      case NUMBER -> chance(50) ? "" + random.nextInt(3) : value(Kind.TEXTS) + ".len";
      case TRUTH -> truth();
      case TEXTS -> chance(70) ? "[" + text() + ", " + text() + "]" : "[" + text() + "]";
    };
  }

  private String words() {
    return switch (random.nextInt(12)) {
      case 0 -> "twice(" + text() + ")";
      case 1 -> "kept(" + text() + ")";
      case 2 -> "q(" + text() + ")";
      case 3 -> "t(" + text() + ")";
      default -> text();
    };
  }

  private String truth() {
    List<Variable> like = variables.stream().filter(v -> v.kind() == Kind.TRUTH).toList();
    if (!like.isEmpty() && chance(50)) {
      return chance(70)
          ? Mutator.any(like, random).name()
          : "not " + Mutator.any(like, random).name();
    }
    return switch (random.nextInt(4)) {
      case 0 -> "true";
      case 1 -> "false";
      case 2 -> value(Kind.NUMBER) + " > 1";
      default -> value(Kind.TEXT) + " == " + text();
    };
  }
}
