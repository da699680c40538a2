package dev.sgl.partial;

import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A value that is still being written, or a part of one.
///
/// @param value the part that is known: the beginning of a text, the fields that have begun;
///     nothing ([Values#NONE]) if that is no value yet
/// @param fields of a record, in order; those that have not begun are pending
/// @param items of a list, as many as have begun
public record Partial(State state, Object value, Map<String, Partial> fields, List<Partial> items) {
  /// How far a value is.
  public enum State {
    /// It has not begun.
    PENDING,
    /// It has begun.
    PARTIAL,
    /// It will not change any more.
    COMPLETE
  }

  static final Partial PENDING = scalar(State.PENDING, Values.NONE);

  public Partial {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    items = List.copyOf(items);
  }

  static Partial scalar(State state, Object value) {
    return new Partial(state, value, Map.of(), List.of());
  }

  static Partial record(State state, Map<String, Partial> fields) {
    Map<String, Object> value = new LinkedHashMap<>();
    fields.forEach(
        (name, field) -> {
          if (field.state() != State.PENDING) {
            value.put(name, field.value());
          }
        });
    return new Partial(state, Collections.unmodifiableMap(value), fields, List.of());
  }

  static Partial list(State state, List<Partial> items) {
    List<Object> values = new ArrayList<>();
    items.forEach(item -> values.add(item.value()));
    return new Partial(state, Collections.unmodifiableList(values), Map.of(), items);
  }

  /// A value that is whole, with all its parts.
  public static Partial complete(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<String, Partial> fields = new LinkedHashMap<>();
        map.forEach((name, field) -> fields.put((String) name, complete(field)));
        yield record(State.COMPLETE, fields);
      }
      case List<?> list -> list(State.COMPLETE, list.stream().map(Partial::complete).toList());
      case Object scalar -> scalar(State.COMPLETE, scalar);
    };
  }

  /// Whether the value will not change any more.
  public boolean isComplete() {
    return state == State.COMPLETE;
  }

  /// The field `name`; pending if nothing is known of it.
  public Partial field(String name) {
    return fields.getOrDefault(name, PENDING);
  }

  /// Its text, if it is one.
  public Optional<String> text() {
    return value instanceof String text ? Optional.of(text) : Optional.empty();
  }
}
