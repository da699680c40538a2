package dev.sgl.server.keys;

import dev.sgl.server.file.Fresh;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The keys with which a server may be called. Thread-safe.
///
/// The key of the command line is for administration if there is neither an admin key nor a file;
/// of the keys in a file, those are that say so.
public final class KeyRing {
  /// No keys: anyone may call.
  public static final KeyRing OPEN = new KeyRing(Map.of(), Optional.empty());

  private static final String ADMIN = "admin"; // the name of the admin key

  private final Map<String, Caller> named; // by hash; those that never change
  private final Optional<Fresh<Map<String, Caller>>> file; // by hash

  private KeyRing(Map<String, Caller> named, Optional<Fresh<Map<String, Caller>>> file) {
    this.named = Map.copyOf(named);
    this.file = file;
  }

  /// One key for everything.
  public static KeyRing of(String key) {
    return new KeyRing(
        Map.of(KeyFile.hash(key), new Caller("", true, Rates.NONE)), Optional.empty());
  }

  /// The keys of a server.
  ///
  /// @param key for everybody
  /// @param admin for administration
  /// @param file of keys, which is read again when it changes
  /// @throws IOException if the file cannot be read, or says what cannot be
  public static KeyRing of(Optional<String> key, Optional<String> admin, Optional<Path> file)
      throws IOException {
    Map<String, Caller> named = new HashMap<>();
    boolean isForAll = admin.isEmpty() && file.isEmpty();
    key.ifPresent(k -> named.put(KeyFile.hash(k), new Caller("", isForAll, Rates.NONE)));
    admin.ifPresent(k -> named.put(KeyFile.hash(k), new Caller(ADMIN, true, Rates.NONE)));
    return new KeyRing(
        named, file.isEmpty() ? Optional.empty() : Optional.of(callers(file.get(), named)));
  }

  /// @param named the keys beside those of the file
  private static Fresh<Map<String, Caller>> callers(Path file, Map<String, Caller> named)
      throws IOException {
    Map<String, Caller> known =
        new ConcurrentHashMap<>(); // by name, with the tokens that they spent
    return new Fresh<>(
        List.of(file),
        () -> {
          Map<String, Caller> callers = new HashMap<>();
          for (KeyFile.Key key : KeyFile.read(file)) {
            if (named.containsKey(key.hash()) || key.name().equals(ADMIN)) {
              throw new IOException(
                  file + " has the name or the key of `" + key.name() + "`, which is taken");
            }
            Caller caller =
                known.computeIfAbsent(
                    key.name(), name -> new Caller(name, key.isAdmin(), key.rates()));
            caller.update(key.isAdmin(), key.rates());
            callers.put(key.hash(), caller);
          }
          return callers;
        });
  }

  /// Whether calls need no key.
  public boolean isOpen() {
    return named.isEmpty() && file.isEmpty();
  }

  /// The owner of a key. Keys are found by their hashes, so the time that it takes reveals nothing
  /// about a key.
  public Optional<Caller> find(String key) {
    String hash = KeyFile.hash(key);
    return Optional.ofNullable(named.get(hash))
        .or(() -> file.map(Fresh::get).map(callers -> callers.get(hash)));
  }
}
