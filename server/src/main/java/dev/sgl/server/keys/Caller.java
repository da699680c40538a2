package dev.sgl.server.keys;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/// The owner of a key. Thread-safe.
public final class Caller {
  /// All who call a server without keys.
  public static final Caller ANYONE = new Caller("", true, Rates.NONE);

  private final String name;
  private final LongAdder spent = new LongAdder();
  private volatile boolean isAdmin;
  private volatile Quota quota;

  /// @param isAdmin whether the caller may do what concerns all callers
  Caller(String name, boolean isAdmin, Rates rates) {
    this.name = name;
    this.isAdmin = isAdmin;
    this.quota = new Quota(rates);
  }

  /// Takes other terms. Under the same rates, spent tokens stay spent.
  void update(boolean admin, Rates rates) {
    isAdmin = admin;
    if (!rates.equals(quota.rates())) {
      quota = new Quota(rates);
    }
  }

  /// The name that the key has in its file; empty if it has none.
  public String name() {
    return name;
  }

  /// Whether the caller may do what concerns all callers.
  public boolean isAdmin() {
    return isAdmin;
  }

  /// A call that was let in, until it is closed.
  public interface Visit extends AutoCloseable {
    /// Why it is refused; empty if it is not.
    Optional<TooMuch> refused();

    @Override
    void close();
  }

  /// Begins a call.
  public Visit visit() {
    Quota now = quota;
    Optional<TooMuch> refused = now.enter();
    return new Visit() {
      @Override
      public Optional<TooMuch> refused() {
        return refused;
      }

      @Override
      public void close() {
        if (refused.isEmpty()) {
          now.leave();
        }
      }
    };
  }

  /// Counts a call that outlasts its answer among those at the same time, until it is closed.
  public Stay stay() {
    Quota now = quota;
    now.stay();
    return now::leave;
  }

  /// A call that outlasts its answer.
  @FunctionalInterface
  public interface Stay extends AutoCloseable {
    @Override
    void close();
  }

  /// Why no more tokens may come; empty if some are left.
  public Optional<TooMuch> exhausted() {
    return quota.exhausted();
  }

  /// Takes tokens of prompts and answers.
  public void spend(long tokens) {
    spent.add(tokens);
    quota.spend(tokens);
  }

  /// Tokens of prompts and answers since the server began.
  public long spent() {
    return spent.sum();
  }

  /// The requests and tokens that are left, as headers of an answer.
  public Map<String, String> headers() {
    return quota.headers();
  }
}
