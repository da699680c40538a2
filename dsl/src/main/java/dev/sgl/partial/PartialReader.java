package dev.sgl.partial;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.Follower;
import dev.sgl.partial.Partial.State;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Reads a value while it is written.
///
/// The text is followed by the very constraint that the model is held to. So a number is complete
/// as soon as its type allows no further digit, and which fields are still to come is known from
/// the type. Text that the constraint does not know (of an endpoint that puts blanks elsewhere) is
/// read as the JSON that it is, and a number is complete when something follows it.
///
/// Complete values are not read again: a piece costs as much as the last open value, and a
/// copy of the lists around it.
///
/// Owned by one thread at a time.
public final class PartialReader {
  /// Values nested deeper than this are not looked into while they are written.
  private static final int MAX_DEPTH = 200;

  /// The complete part of a record or a list, up to the place behind a comma.
  private static final class Begun {
    private final Map<String, Partial> fields = new LinkedHashMap<>();
    private final List<Partial> items = new ArrayList<>();
    private int at;

    Begun(int at) {
      this.at = at;
    }
  }

  private final Type type;
  private final StringBuilder text = new StringBuilder();
  private Optional<Follower> follower;
  private Partial last = Partial.PENDING;
  private final Map<Integer, Begun> begun = new HashMap<>(); // by the place of the bracket
  private int at; // while the text is read
  private int depth;

  /// A reader of one value of `type`, before the first character.
  public PartialReader(Type type) {
    this.type = type;
    this.follower = follower(type);
  }

  private static Optional<Follower> follower(Type type) {
    try {
      return Types.isFree(type) ? Optional.empty() : Optional.of(Types.compiled(type).follower());
    } catch (ConstraintException e) {
      return Optional.empty(); // too large; whoever generates it says so
    }
  }

  /// Takes the next piece of the text, in whole characters, and returns the value as far as it is.
  public Partial accept(String piece) {
    text.append(piece);
    follower = follower.filter(f -> f.accept(piece.getBytes(StandardCharsets.UTF_8)));
    last = read();
    return last;
  }

  /// The value as far as it is.
  public Partial value() {
    return last;
  }

  /// The value when no text follows.
  ///
  /// @throws TypeException if it is not whole
  public Partial end() {
    last = Partial.complete(Types.read(type, text.toString()));
    return last;
  }

  private Partial read() {
    if (follower.isPresent() && follower.get().mustEnd()) {
      return end();
    }
    if (text.isEmpty()) {
      return Partial.PENDING;
    }
    at = 0;
    return isJson() ? json(type) : Partial.scalar(State.PARTIAL, text.toString());
  }

  /// Whether the text, which has begun, is read as JSON.
  private boolean isJson() {
    return switch (type) {
      case Type.Int _, Type.Float _, Type.Bool _ -> true;
      case Type.OneOf _ -> text.charAt(0) == '{' || text.charAt(0) == '[';
      case Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Schema _, Type.Any _ ->
          Types.isJson(type);
      case Type.Recursive _, Type.Text _, Type.Str _, Type.Pattern _, Type.Literal _ ->
          Types.isJson(type);
      case Type.Grammar _, Type.Ref _ -> Types.isJson(type);
    };
  }

  // --- JSON, as far as it goes

  private boolean atEnd() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at == text.length();
  }

  /// Passes over `c` if it comes next.
  private boolean passes(char c) {
    boolean comes = !atEnd() && text.charAt(at) == c;
    at += comes ? 1 : 0;
    return comes;
  }

  private Partial json(Type of) {
    Type whole = of instanceof Type.Recursive recursive ? recursive.unfolded() : of;
    if (atEnd()) {
      return Partial.PENDING;
    }
    return switch (text.charAt(at)) {
      case '{' -> nested(() -> record(whole));
      case '[' -> nested(() -> list(whole));
      case '"' -> string();
      default -> word();
    };
  }

  private Partial nested(Supplier<Partial> container) {
    if (depth == MAX_DEPTH) {
      at = text.length();
      return Partial.scalar(State.PARTIAL, Values.NONE);
    }
    depth++;
    Partial read = container.get();
    depth--;
    return read;
  }

  /// The known part of the container whose bracket comes next; reading continues behind that
  /// part.
  private Begun resume() {
    Begun known = begun.computeIfAbsent(at, place -> new Begun(place + 1));
    at = known.at;
    return known;
  }

  private Partial record(Type of) {
    Begun known = resume();
    Map<String, Partial> fields = new LinkedHashMap<>(known.fields);
    boolean closed = fields.isEmpty() && passes('}');
    while (!closed && !atEnd() && text.charAt(at) == '"') {
      Partial name = string();
      if (!name.isComplete() || !passes(':')) {
        break;
      }
      String key = name.text().orElse("");
      Partial value = json(field(of, fields, key));
      fields.put(key, value);
      closed = passes('}');
      if (closed || !passes(',')) {
        break;
      }
      known.fields.put(key, value);
      known.at = at;
    }
    if (closed) {
      return Partial.record(State.COMPLETE, fields);
    }
    Map<String, Partial> all = new LinkedHashMap<>(fields);
    shape(of, fields)
        .ifPresent(rec -> rec.fields().forEach(f -> all.putIfAbsent(f.name(), Partial.PENDING)));
    return Partial.record(State.PARTIAL, all);
  }

  /// The one record that `of` can still be, if its complete fields leave no other.
  private static Optional<Type.Rec> shape(Type of, Map<String, Partial> known) {
    List<Type.Rec> shapes = new ArrayList<>();
    shapes(of, shapes);
    shapes.removeIf(rec -> !known.entrySet().stream().allMatch(e -> fits(rec, e)));
    return shapes.size() == 1 ? Optional.of(shapes.getFirst()) : Optional.empty();
  }

  private static void shapes(Type of, List<Type.Rec> shapes) {
    switch (of) {
      case Type.Rec rec -> shapes.add(rec);
      case Type.OneOf(var choices) -> choices.forEach(choice -> shapes(choice, shapes));
      case Type.Recursive recursive -> shapes(recursive.unfolded(), shapes);
      case Type.Call(var tools) -> tools.forEach(tool -> shapes(Types.callOf(tool), shapes));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> {}
      case Type.Literal _, Type.Array _, Type.MapOf _, Type.Schema _, Type.Grammar _ -> {}
      case Type.Ref _, Type.Any _ -> {}
    }
  }

  private static boolean fits(Type.Rec rec, Map.Entry<String, Partial> known) {
    Optional<Type.Field> field =
        rec.fields().stream().filter(f -> f.name().equals(known.getKey())).findFirst();
    return field.isPresent()
        && (!known.getValue().isComplete()
            || Types.mismatch(field.get().type(), known.getValue().value()).isEmpty());
  }

  private static Type field(Type of, Map<String, Partial> known, String name) {
    if (of instanceof Type.MapOf(var value)) {
      return value;
    }
    return shape(of, known).stream()
        .flatMap(rec -> rec.fields().stream())
        .filter(field -> field.name().equals(name))
        .map(Type.Field::type)
        .findFirst()
        .orElse(Type.ANY);
  }

  private Partial list(Type of) {
    Begun known = resume();
    Type item = of instanceof Type.Array(var type, _, _) ? type : Type.ANY;
    List<Partial> items = new ArrayList<>(known.items);
    boolean closed = items.isEmpty() && passes(']');
    while (!closed && !atEnd()) {
      items.add(json(item));
      closed = passes(']');
      if (closed || !passes(',')) {
        break;
      }
      known.items.add(items.getLast());
      known.at = at;
    }
    return Partial.list(closed ? State.COMPLETE : State.PARTIAL, items);
  }

  private Partial string() {
    int end = at + 1;
    while (end < text.length() && text.charAt(end) != '"') {
      int length = text.charAt(end) == '\\' ? escape(end) : 1;
      if (end + length > text.length()) {
        break; // in the middle of an escape
      }
      end += length;
    }
    boolean closed = end < text.length() && text.charAt(end) == '"';
    String known = text.substring(at + 1, end);
    at = closed ? end + 1 : text.length();
    Object value = Types.parse('"' + known + '"').orElse(Values.NONE);
    return Partial.scalar(closed ? State.COMPLETE : State.PARTIAL, value);
  }

  /// Characters of the escape at `place`, once it is whole.
  private int escape(int place) {
    return place + 1 < text.length() && text.charAt(place + 1) == 'u' ? 6 : 2;
  }

  /// A number, `true`, `false` or `null`.
  private Partial word() {
    int from = at;
    while (at < text.length() && isInWord(text.charAt(at))) {
      at++;
    }
    if (at == from) {
      at = text.length(); // no JSON; whoever reads the whole says so
      return Partial.scalar(State.PARTIAL, Values.NONE);
    }
    Optional<Object> value = Types.parse(text.substring(from, at));
    boolean isWhole = at < text.length() || value.isPresent() && endsHere();
    return Partial.scalar(isWhole ? State.COMPLETE : State.PARTIAL, value.orElse(Values.NONE));
  }

  private static boolean isInWord(char c) {
    return c >= '0' && c <= '9'
        || c >= 'a' && c <= 'z'
        || c == 'E'
        || c == '.'
        || c == '-'
        || c == '+';
  }

  /// Whether the constraint lets the word at the end of the text not go on.
  private boolean endsHere() {
    return follower.isPresent()
        && "0123456789abcdefghijklmnopqrstuvwxyzE.-+"
            .chars()
            .noneMatch(c -> follower.get().mayContinueWith(c));
  }
}
