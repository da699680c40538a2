package dev.sgl.cli;

import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.UsageException;
import dev.sgl.local.engine.EngineListener;
import dev.sgl.program.Values;
import dev.sgl.run.RunListener;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What a run does, written as the events that Chrome's viewer and Perfetto show: a track for each
/// program and branch with what the model was asked there, one for the batches, one for the GPU,
/// one for each request under way at the same time, and counters.
///
/// Format: "Trace Event Format", the array form.
final class TraceFile implements RunListener, EngineListener, AutoCloseable {
  private static final int PROGRAM = 1;
  private static final int ENGINE = 2;
  private static final int BATCHES = 1;
  private static final int DEVICE = 2;

  private final BufferedWriter out;
  private final long start = System.nanoTime();
  private final Map<String, Integer> tracks = new HashMap<>(); // by branch
  private final Map<String, Long> began = new HashMap<>();
  private long requests;
  private boolean first = true;
  private boolean computesByItself; // a device, whose work has a track
  private boolean closed;
  private final Thread atEnd = new Thread(this::end); // the run is broken off, and the file whole

  /// @throws UsageException if the file cannot be written
  TraceFile(Path file) {
    try {
      out = Files.newBufferedWriter(file);
      out.write("[");
      Runtime.getRuntime().addShutdownHook(atEnd);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be written: " + Reasons.of(e));
    }
    name("process_name", PROGRAM, 0, "program");
    name("process_name", ENGINE, 0, "engine");
    name("thread_name", ENGINE, BATCHES, "batches");
  }

  // --- the program

  @Override
  public synchronized void began(String branch) {
    track(branch);
    began.put(branch, System.nanoTime());
  }

  @Override
  public synchronized void ended(String branch) {
    Long from = began.remove(branch);
    if (from != null) {
      whole(branch, "branch", PROGRAM, track(branch), from, System.nanoTime(), Map.of());
    }
  }

  @Override
  public synchronized void answered(
      String branch, String name, long asked, Map<String, Object> meta) {
    String shown = isCut(meta) ? name + " (cut)" : name;
    whole(shown, "value", PROGRAM, track(branch), asked, System.nanoTime(), meta);
  }

  /// Whether a value that the conversation keeps is not all that the model would have said.
  private static boolean isCut(Map<String, Object> meta) {
    return "length".equals(meta.get("finish"))
        || Boolean.TRUE.equals(meta.get("closed"))
        || meta.get("cut") instanceof Long count && count > 0;
  }

  @Override
  public synchronized void called(
      String branch, String tool, long asked, Map<String, Object> arguments, Object result) {
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("arguments", arguments);
    call.put("result", result);
    whole(tool, "tool", PROGRAM, track(branch), asked, System.nanoTime(), call);
  }

  @Override
  public synchronized void retried(String branch, int attempt, String why) {
    Map<String, Object> event =
        event("attempt " + attempt + " failed", "i", PROGRAM, track(branch), System.nanoTime());
    event.put("cat", "retry");
    event.put("s", "t"); // an instant of its track
    event.put("args", Map.of("why", why));
    write(event);
  }

  /// The number of a branch's track; one that is new gets a name.
  private int track(String branch) {
    Integer known = tracks.get(branch);
    if (known != null) {
      return known;
    }
    int track = tracks.size() + 1;
    tracks.put(branch, track);
    name("thread_name", PROGRAM, track, branch);
    return track;
  }

  // --- the engine

  @Override
  public synchronized void batch(BatchReport report) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("sequences", (long) report.sequences());
    arguments.put("prompt rows", (long) report.promptRows());
    arguments.put("decode rows", (long) report.decodeRows());
    String name = report.promptRows() + report.decodeRows() + " rows";
    whole(name, "batch", ENGINE, BATCHES, report.start(), report.end(), arguments);
    Map<String, Object> sequences = new LinkedHashMap<>();
    sequences.put("running", (long) report.stats().sequences().running());
    sequences.put("waiting", (long) report.stats().sequences().waiting());
    counter("sequences", report.end(), sequences);
    int free = report.stats().pages().free();
    int cached = report.stats().pages().cached();
    Map<String, Object> pages = new LinkedHashMap<>();
    pages.put("used", (long) report.stats().pages().all() - free - cached);
    pages.put("cached", (long) cached);
    pages.put("free", (long) free);
    counter("pages", report.end(), pages);
  }

  @Override
  public synchronized void busy(String what, long from, long to) {
    if (!computesByItself) {
      computesByItself = true;
      name("thread_name", ENGINE, DEVICE, "GPU");
    }
    whole(what, "device", ENGINE, DEVICE, from, to, Map.of());
  }

  @Override
  public synchronized void request(RequestReport report) {
    RequestReport.Times times = report.times();
    RequestReport.Tokens tokens = report.tokens();
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("prompt tokens", (long) tokens.prompt());
    arguments.put("cached tokens", (long) tokens.cached());
    arguments.put("generated tokens", (long) tokens.generated());
    arguments.put("forced tokens", (long) tokens.forced());
    arguments.put("retractions", (long) report.retractions());
    arguments.put("outcome", report.outcome().name().toLowerCase(Locale.ROOT));
    String id = "r" + requests++;
    String name = report.scored() ? "score" : "generate";
    long admitted = times.admitted() > 0 ? times.admitted() : times.finished();
    async(name, id, "b", times.submitted(), arguments);
    async("waiting", id, "b", times.submitted(), Map.of());
    async("waiting", id, "e", admitted, Map.of());
    if (times.firstToken() > 0) {
      async("prefill", id, "b", admitted, Map.of());
      async("prefill", id, "e", times.firstToken(), Map.of());
      async("decode", id, "b", times.firstToken(), Map.of());
      async("decode", id, "e", times.finished(), Map.of());
    }
    async(name, id, "e", times.finished(), Map.of());
  }

  // --- events

  private void whole(
      String name,
      String category,
      int process,
      int track,
      long from,
      long to,
      Map<String, Object> arguments) {
    Map<String, Object> event = event(name, "X", process, track, from);
    event.put("cat", category);
    event.put("dur", (to - from) / 1e3);
    event.put("args", arguments);
    write(event);
  }

  private void async(String name, String id, String phase, long at, Map<String, Object> arguments) {
    Map<String, Object> event = event(name, phase, ENGINE, 0, at);
    event.put("cat", "request");
    event.put("id", id);
    event.put("args", arguments);
    write(event);
  }

  private void counter(String name, long at, Map<String, Object> values) {
    Map<String, Object> event = event(name, "C", ENGINE, 0, at);
    event.put("args", values);
    write(event);
  }

  private synchronized void name(String what, int process, int track, String name) {
    Map<String, Object> event = event(what, "M", process, track, start);
    event.put("args", Map.of("name", name));
    write(event);
  }

  private Map<String, Object> event(String name, String phase, int process, int track, long at) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("name", name);
    event.put("ph", phase);
    event.put("pid", (long) process);
    event.put("tid", (long) track);
    event.put("ts", (at - start) / 1e3); // microseconds
    return event;
  }

  /// What happens after the end is not written.
  private void write(Map<String, Object> event) {
    if (closed) {
      return;
    }
    try {
      out.write(first ? "\n" : ",\n");
      out.write(Values.json(event));
      first = false;
    } catch (IOException e) {
      throw new UncheckedIOException("the trace cannot be written: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atEnd);
    } catch (IllegalStateException e) {
      return; // it is at work
    }
    end();
  }

  private synchronized void end() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      out.write("\n]\n");
      out.close();
    } catch (IOException e) {
      throw new UsageException("the trace cannot be written: " + e.getMessage());
    }
  }
}
