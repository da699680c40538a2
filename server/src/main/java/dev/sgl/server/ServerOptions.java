package dev.sgl.server;

import dev.sgl.server.http.Access;
import dev.sgl.server.http.Limits;
import dev.sgl.server.http.RequestLog;
import dev.sgl.server.keys.KeyRing;
import dev.sgl.server.program.Programs;
import dev.sgl.server.trace.Tracing;
import java.util.List;

/// How a model is served.
///
/// @param host the name or address of the interface that it listens on
/// @param port 0 takes any that is free
/// @param names by which clients ask for the model; without any, the model's own
/// @param keys with which it may be called
/// @param programs that are served, too
/// @param playground whether the page for trying programs and chats is there
/// @param access from where it may be called
/// @param log of all calls
/// @param tracing of calls
public record ServerOptions(
    String host,
    int port,
    List<String> names,
    KeyRing keys,
    Programs programs,
    boolean playground,
    Limits limits,
    Access access,
    RequestLog log,
    Tracing tracing) {
  /// The port that SGLang's servers listen on.
  public static final int PORT = 30_000;

  /// On the loopback interface, without a key.
  public static final ServerOptions DEFAULT =
      new ServerOptions(
          "127.0.0.1",
          PORT,
          List.of(),
          KeyRing.OPEN,
          Programs.NONE,
          true,
          Limits.DEFAULT,
          Access.DEFAULT,
          RequestLog.NONE,
          Tracing.NONE);

  public ServerOptions {
    names = List.copyOf(names);
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("a port of " + port);
    }
  }

  /// These options with another interface and port; port 0 takes any that is free.
  public ServerOptions withAddress(String newHost, int newPort) {
    return new ServerOptions(
        newHost, newPort, names, keys, programs, playground, limits, access, log, tracing);
  }

  /// These options with other names of the model; an empty list means the model's own name.
  public ServerOptions withNames(List<String> value) {
    return new ServerOptions(
        host, port, value, keys, programs, playground, limits, access, log, tracing);
  }

  /// These options with other keys.
  public ServerOptions withKeys(KeyRing value) {
    return new ServerOptions(
        host, port, names, value, programs, playground, limits, access, log, tracing);
  }

  /// These options with other programs at `/v1/programs`.
  public ServerOptions withPrograms(Programs value) {
    return new ServerOptions(
        host, port, names, keys, value, playground, limits, access, log, tracing);
  }

  /// These options with or without the page at `/`.
  public ServerOptions withPlayground(boolean value) {
    return new ServerOptions(
        host, port, names, keys, programs, value, limits, access, log, tracing);
  }

  /// These options with other limits on calls and bodies.
  public ServerOptions withLimits(Limits value) {
    return new ServerOptions(
        host, port, names, keys, programs, playground, value, access, log, tracing);
  }

  /// These options with another way to the server.
  public ServerOptions withAccess(Access value) {
    return new ServerOptions(
        host, port, names, keys, programs, playground, limits, value, log, tracing);
  }

  /// These options with a log of all calls.
  public ServerOptions withLog(RequestLog value) {
    return new ServerOptions(
        host, port, names, keys, programs, playground, limits, access, value, tracing);
  }

  /// These options with spans of calls.
  public ServerOptions withTracing(Tracing value) {
    return new ServerOptions(
        host, port, names, keys, programs, playground, limits, access, log, value);
  }
}
