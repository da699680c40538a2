package dev.sgl.run;

import dev.sgl.partial.Partial;
import dev.sgl.partial.PartialReader;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Reports the values that the model writes while they grow: with each new piece of a
/// variable, the value so far.
public final class Partials implements RunListener {
  /// The receiver of partial values. It may be called by several threads at once, for
  /// different branches.
  @FunctionalInterface
  public interface Heard {
    /// @param branch the conversation, such as `tips/drafts[1]`
    /// @param name the variable
    void heard(String branch, String name, Partial value);
  }

  private final Heard heard;
  private final Map<String, PartialReader> readers = new ConcurrentHashMap<>(); // by branch

  /// @param heard called with each partial value
  public Partials(Heard heard) {
    this.heard = heard;
  }

  @Override
  public void asked(String branch, String name, Type type) {
    readers.put(branch, new PartialReader(type));
  }

  @Override
  public void generated(String branch, String name, String text) {
    PartialReader reader = readers.get(branch);
    if (reader != null) { // a choice or a thought comes as a whole
      heard.heard(branch, name, reader.accept(text));
    }
  }

  @Override
  public void answered(String branch, String name, long asked, Map<String, Object> meta) {
    PartialReader reader = readers.remove(branch);
    if (reader != null) {
      end(reader).ifPresent(value -> heard.heard(branch, name, value));
    }
  }

  /// The whole value; none if it was cut off, which is an error of the run.
  private static Optional<Partial> end(PartialReader reader) {
    try {
      return Optional.of(reader.end());
    } catch (TypeException e) {
      return Optional.empty();
    }
  }
}
