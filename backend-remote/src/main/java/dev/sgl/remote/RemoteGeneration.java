package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Types;
import dev.sgl.remote.Values.Mismatch;
import dev.sgl.remote.http.Cancellation;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Call;

/// One generation: a streamed completion, read event by event on the thread of its reader; or, if
/// it has a type, as many as it takes until one of them is of the type.
final class RemoteGeneration implements Generation {
  private final Link link;
  private final Cancellation wanted = new Cancellation();
  private final ReentrantLock reading = new ReentrantLock();
  private final long made = System.nanoTime();
  private Request request;
  private Plan plan;
  private Optional<Plan.Held> refused = Optional.empty(); // what the endpoint did not take
  private int attempts;
  private Optional<Runnable> warming = Optional.empty(); // run at the first token
  private boolean placed; // among the requests that run at the same time
  private Optional<Stream> stream = Optional.empty();
  private Optional<Call> call = Optional.empty();
  private double firstToken; // milliseconds
  private Reply.Usage usage = Reply.Usage.NONE; // of all attempts
  private Optional<Reply> reply = Optional.empty();

  RemoteGeneration(Link link, Request request) {
    this.link = link;
    this.request = request;
    this.plan = link.plan(request);
  }

  /// Pieces of free text as they come; a typed value as a whole, once it has been checked.
  @Override
  public Optional<String> next() {
    if (reply.isPresent()) {
      return Optional.empty();
    }
    reading.lock();
    try {
      boolean isFree = Types.isFree(request.type()) && plan.turn().isEmpty();
      return isFree ? piece() : value();
    } catch (RuntimeException e) {
      leave();
      throw e;
    } finally {
      reading.unlock();
    }
  }

  private Optional<String> piece() {
    while (true) {
      Stream open = open();
      try {
        for (Optional<String> p = open.next(); p.isPresent(); p = open.next()) {
          if (!p.get().isEmpty()) {
            heard();
            return p;
          }
        }
        requireGiven(open);
        end(open.text(), open, false);
        return Optional.empty();
      } catch (IOException e) {
        if (!open.text().isEmpty() || isLastAttempt()) {
          throw broken(e);
        }
        drop(open); // nobody has heard anything yet
      }
    }
  }

  private Optional<String> value() {
    while (true) {
      Stream open = describedIfRefused();
      try {
        while (open.next().isPresent()) {
          heard();
        }
        requireGiven(open);
        if (open.isCut() && plan.turn().isPresent()) { // value by value there may be room
          drop(open);
          request = request.withAhead(List.of());
          plan = link.plan(request);
          continue;
        }
        boolean closed = open.isCut() && isWhole(open.text());
        String value = open.isCut() && !closed ? open.text() : read(open.text());
        refused.ifPresentOrElse(link.known()::refuses, () -> link.known().accepts(plan.held()));
        end(value, open, closed);
        return open.isCut() && !closed ? Optional.empty() : Optional.of(value);
      } catch (IOException e) {
        if (isLastAttempt()) {
          throw broken(e);
        }
        drop(open);
      } catch (Mismatch e) {
        if (isLastAttempt()) {
          throw new BackendException(String.valueOf(e.getMessage()), e);
        }
        drop(open);
        plan = plan.described(); // if it was ignored, it may understand
      }
    }
  }

  /// A stream; if the endpoint does not take the request with the schema of its type, without it.
  private Stream describedIfRefused() {
    try {
      return open();
    } catch (BackendException e) {
      boolean isOfRequest =
          e.getCause() instanceof Endpoint.Refused refusal && refusal.isOfRequest();
      if (!isOfRequest || plan.described().equals(plan)) {
        throw e;
      }
      refused = Optional.of(plan.held());
      plan = plan.described();
      return open();
    }
  }

  /// @throws BackendException if the model, or the endpoint, did not want to answer
  private static void requireGiven(Stream open) {
    if (!open.refusal().isEmpty()) {
      throw new BackendException("the model refused: " + open.refusal());
    }
    if (open.isWithheld()) {
      throw new BackendException("the endpoint withheld the reply (content_filter)");
    }
  }

  private String read(String text) throws Mismatch {
    if (plan.turn().isEmpty()) {
      return Values.read(text, request.type(), plan.held());
    }
    List<String> values = Values.read(text, plan.turn().get());
    link.said().add(plan.turn().get().later(values));
    return values.getFirst();
  }

  private boolean isLastAttempt() {
    wanted.require();
    return attempts == link.options().limits().tries();
  }

  private Stream open() {
    if (stream.isPresent()) {
      return stream.get();
    }
    if (!placed) {
      warming = Optional.of(link.warmth().await(request.prompt(), wanted));
      link.endpoint().enter(wanted);
      placed = true;
    }
    attempts++;
    String path = plan.path() == Plan.Path.COMPLETIONS ? "completions" : "chat/completions";
    JsonNode sent = Body.of(request, plan, link);
    Stream opened =
        new Stream(
            link.endpoint()
                .execute(() -> begin(link.endpoint().call(path, sent)), wanted, attempts > 1),
            link.endpoint(),
            link.options().limits().silence(),
            plan.maxTokens(request));
    stream = Optional.of(opened);
    return opened;
  }

  private synchronized Call begin(Call next) {
    wanted.require();
    call = Optional.of(next);
    return next;
  }

  /// Leaves a stream, whatever came of it.
  private void drop(Stream open) {
    stream = Optional.empty();
    open.close();
    usage = usage.plus(open.usage());
    link.endpoint().spend(open.usage());
  }

  private void heard() {
    if (firstToken == 0) {
      firstToken = millis();
      warming.ifPresent(Runnable::run);
    }
  }

  /// Whether the text of a value that was cut off is whole all the same: some servers close it.
  private boolean isWhole(String text) {
    if (!Types.isJson(request.type())) {
      return false; // a part of a number is a number
    }
    try {
      read(text);
      return true;
    } catch (Mismatch e) {
      return false;
    }
  }

  /// @param closed whether the endpoint closed a value that was too long
  private void end(String text, Stream open, boolean closed) {
    leave();
    reply =
        Optional.of(
            new Reply(
                text,
                List.of(),
                0,
                open.isCut() ? Reply.Finish.LENGTH : Reply.Finish.END,
                Optional.empty(),
                new Reply.Cuts(0, closed),
                usage,
                new Reply.Timing(0, firstToken, millis()),
                open.logprobs()));
  }

  /// Closes the stream and frees the place among the requests in flight.
  private void leave() {
    stream.ifPresent(this::drop);
    warming.ifPresent(Runnable::run);
    warming = Optional.empty();
    if (placed) {
      placed = false;
      link.endpoint().leave();
    }
  }

  @Override
  public Reply reply() {
    while (next().isPresent()) {
      continue; // what is left
    }
    return reply.orElseThrow();
  }

  private double millis() {
    return (System.nanoTime() - made) / 1e6;
  }

  private RuntimeException broken(IOException error) {
    if (wanted.isCancelled()) {
      return new CancellationException("cancelled");
    }
    return UnavailableException.passing(
        "the endpoint " + link.endpoint().place() + " failed: " + error.getMessage(), error);
  }

  /// Ends the generation from any thread; threads that read or wait wake up.
  @Override
  public void close() {
    wanted.cancel();
    synchronized (this) {
      if (reply.isEmpty()) {
        call.ifPresent(Call::cancel);
      }
    }
    reading.lock();
    try {
      leave();
    } finally {
      reading.unlock();
    }
  }
}
