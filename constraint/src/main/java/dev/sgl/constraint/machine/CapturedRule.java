package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.ByteSet;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Function;

/// A place in a rule whose text matters for what follows, with the rules that it calls.
///
/// The callers are kept here instead of in a [Frame], since what follows depends on the whole text:
/// a call is written out as the rule that it calls, whose text is captured, and then the place
/// behind the call. A captured text is never empty.
public final class CapturedRule extends Branch.Lazy {

  /// Objects that are made for a place: itself, its text, an edge.
  private static final int PLACE_OBJECTS = 4;

  /// The place at which a rule continues after a call.
  ///
  /// @param outer its own callers, none for the rule that is captured
  /// @param depth how many callers there are
  private record Caller(Node then, Optional<Caller> outer, int depth) {}

  /// A text with the one before it.
  private record Text(Optional<Text> before, byte[] bytes) {
    byte[] whole() {
      Deque<byte[]> parts = new ArrayDeque<>();
      for (Optional<Text> part = Optional.of(this); part.isPresent(); part = part.get().before) {
        parts.push(part.get().bytes);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      parts.forEach(out::writeBytes);
      return out.toByteArray();
    }

    Text with(byte... more) {
      return new Text(Optional.of(this), more);
    }
  }

  /// The parts that all places of a captured rule share.
  ///
  /// @param depth the calls that lead to the rule
  /// @param budget for places: a rule that is captured inside of others is written out in each
  private record End(int depth, Function<byte[], Node> then, ByteSet follow, Budget budget) {}

  private final Node here;
  private final Optional<Caller> caller;
  private final Text text;
  private final End end;

  private CapturedRule(Node here, Optional<Caller> caller, Text text, End end) {
    this.here = here;
    this.caller = caller;
    this.text = text;
    this.end = end;
  }

  /// The beginning of a rule whose caller continues at the node that `then` makes of its text.
  ///
  /// @param depth the calls that lead to the rule
  /// @param follow the bytes that may come first behind it, or more
  /// @param budget that its places take room of
  public static CapturedRule of(
      Node start, int depth, Function<byte[], Node> then, ByteSet follow, Budget budget) {
    return new CapturedRule(
        start,
        Optional.empty(),
        new Text(Optional.empty(), new byte[0]),
        new End(depth, then, follow, budget));
  }

  private CapturedRule at(Node node, Optional<Caller> callers, byte... more) {
    return new CapturedRule(node, callers, text.with(more), end);
  }

  @Override
  protected Edges makeEdges() {
    Edges.Builder builder = new Edges.Builder();
    place(here, caller, builder);
    return builder.build();
  }

  /// Adds the edges that lead on from `node`.
  private void place(Node node, Optional<Caller> callers, Edges.Builder builder) {
    switch (node) {
      case DfaState state ->
          builder.call(
              Capture.of(state, more -> at(Branch.END, callers, more), behind(callers)),
              Branch.END);
      case Capture capture ->
          builder.call(
              Capture.of(
                  capture.state(),
                  more -> at(capture.then(more, more.length), callers, more),
                  capture.follow()),
              Branch.END);
      case Branch branch -> branch(branch.edges(), callers, builder);
    }
  }

  private void branch(Edges from, Optional<Caller> callers, Edges.Builder builder) {
    end.budget().keep(PLACE_OBJECTS * (1L + from.labels().length));
    for (int i = 0; i < from.labels().length; i++) {
      builder.on(from.labels()[i], at(from.targets().get(i), callers, from.labels()[i]));
    }
    if (from.accepts()) {
      if (callers.isPresent()) {
        place(callers.get().then(), callers.get().outer(), builder);
      } else {
        builder.call(end.then().apply(text.whole()), Branch.END);
      }
    }
    for (Edges.Call call : from.calls()) {
      Node target = target(call, callers);
      if (target instanceof Branch && target.isNullable()) {
        place(call.then(), callers, builder);
      }
      place(target, inside(call, callers), builder);
    }
  }

  private Node target(Edges.Call call, Optional<Caller> callers) {
    return call.target().apply(end.depth() + depth(callers));
  }

  private static int depth(Optional<Caller> callers) {
    return callers.map(Caller::depth).orElse(0);
  }

  private static Optional<Caller> inside(Edges.Call call, Optional<Caller> callers) {
    return call.then() == Branch.END
        ? callers
        : Optional.of(new Caller(call.then(), callers, depth(callers) + 1));
  }

  /// The bytes that may come first behind a rule with these callers.
  private ByteSet behind(Optional<Caller> callers) {
    return callers.isPresent() ? first(callers.get().then(), callers.get().outer()) : end.follow();
  }

  private ByteSet first(Node node, Optional<Caller> callers) {
    return switch (node) {
      case DfaState state -> state.isNullable() ? state.bytes().or(behind(callers)) : state.bytes();
      case Capture capture -> capture.state().bytes();
      case Branch branch -> {
        Edges edges = branch.edges();
        ByteSet bytes = edges.accepts() ? edges.bytes().or(behind(callers)) : edges.bytes();
        for (Edges.Call call : edges.calls()) {
          Node target = target(call, callers);
          bytes = bytes.or(first(target, inside(call, callers)));
          if (target instanceof Branch && target.isNullable()) {
            bytes = bytes.or(first(call.then(), callers));
          }
        }
        yield bytes;
      }
    };
  }
}
