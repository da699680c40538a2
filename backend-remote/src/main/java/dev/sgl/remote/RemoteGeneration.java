package dev.sgl.remote;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Types;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/// One generation: a streamed completion, read event by event on the thread of its reader; or, if
/// it has a type, as many as it takes until one of them is of the type.
final class RemoteGeneration implements Generation {
  private final Endpoint endpoint;
  private final Request request;
  private final Body body;
  private final int tries;
  private final Warmth warmth;
  private final Said said;
  private Plan plan;
  private Optional<Runnable> turn = Optional.empty(); // run at the first token
  private Optional<Stream> stream = Optional.empty();
  private volatile @Nullable Call call;
  private volatile boolean closed;
  private final long made = System.nanoTime();
  private double firstToken; // milliseconds
  private Optional<Reply> reply = Optional.empty();

  RemoteGeneration(
      Endpoint endpoint,
      Request request,
      Body body,
      Plan plan,
      int tries,
      Warmth warmth,
      Said said) {
    this.endpoint = endpoint;
    this.request = request;
    this.body = body;
    this.plan = plan;
    this.tries = tries;
    this.warmth = warmth;
    this.said = said;
  }

  /// Pieces of free text as they come; a typed value as a whole, once it has been checked.
  @Override
  public Optional<String> next() {
    if (reply.isPresent()) {
      return Optional.empty();
    }
    try {
      boolean isFree = Types.isFree(request.type()) && plan.turn().isEmpty();
      return isFree ? piece() : value();
    } catch (RuntimeException e) {
      leave();
      throw e;
    }
  }

  private Optional<String> piece() {
    for (int attempt = 1; ; attempt++) {
      Stream open = open();
      try {
        for (Optional<String> p = open.next(); p.isPresent(); p = open.next()) {
          if (!p.get().isEmpty()) {
            heard();
            return p;
          }
        }
        end(open, open.text());
        return Optional.empty();
      } catch (IOException e) {
        if (!open.text().isEmpty() || attempt == tries) {
          throw broken(e);
        }
        again(open); // nobody has heard anything yet
      }
    }
  }

  private Optional<String> value() {
    for (int attempt = 1; ; attempt++) {
      Stream open = open();
      try {
        while (open.next().isPresent()) {
          heard();
        }
        if (isCut(open) && plan.turn().isPresent()) {
          throw new BackendException(
              "the endpoint cut the turn off before all its values were there; raise `max_tokens`");
        }
        if (isCut(open) || isDenied(open)) {
          end(open, open.text());
          return Optional.empty();
        }
        String value = read(open.text());
        end(open, value);
        return Optional.of(value);
      } catch (IOException e) {
        if (attempt == tries) {
          throw broken(e);
        }
        again(open);
      } catch (BackendException e) {
        if (attempt == tries || open.finish().isEmpty() || isCut(open) || isDenied(open)) {
          throw e;
        }
        again(open);
        plan = plan.described(); // if it was ignored, it may understand
      }
    }
  }

  private String read(String text) {
    if (plan.turn().isEmpty()) {
      return Values.read(text, request.type(), plan.held(), endpoint.json());
    }
    List<String> values = Values.read(text, plan.turn().get(), endpoint.json());
    said.add(plan.turn().get().later(values));
    return values.getFirst();
  }

  private static boolean isDenied(Stream open) {
    return !open.refusal().isEmpty() || open.finish().equals("content_filter");
  }

  private static boolean isCut(Stream open) {
    return open.finish().equals("length");
  }

  private Stream open() {
    if (stream.isPresent()) {
      return stream.get();
    }
    if (turn.isEmpty()) {
      turn = Optional.of(warmth.await(request.prompt()));
      endpoint.enter();
    }
    String path = plan.path() == Plan.Path.COMPLETIONS ? "completions" : "chat/completions";
    var sent = body.of(request, plan);
    Stream opened =
        new Stream(endpoint.execute(() -> begin(endpoint.call(path, sent))), endpoint.json());
    stream = Optional.of(opened);
    return opened;
  }

  private synchronized Call begin(Call next) {
    if (closed) {
      throw new CancellationException("cancelled");
    }
    call = next;
    return next;
  }

  private void again(Stream open) {
    endpoint.spend(open.usage(), true);
    open.close();
    stream = Optional.empty();
  }

  private void heard() {
    if (firstToken == 0) {
      firstToken = millis();
      turn.ifPresent(Runnable::run);
    }
  }

  private void end(Stream open, String text) {
    if (!open.refusal().isEmpty()) {
      throw new BackendException("the model refused: " + open.refusal());
    }
    if (open.finish().equals("content_filter")) {
      throw new BackendException("the endpoint withheld the reply (content_filter)");
    }
    endpoint.spend(open.usage(), false);
    leave();
    reply =
        Optional.of(
            new Reply(
                text,
                List.of(),
                0,
                isCut(open) ? Reply.Finish.LENGTH : Reply.Finish.END,
                Optional.empty(),
                open.usage(),
                new Reply.Timing(0, firstToken, millis()),
                open.logprobs()));
  }

  /// Gives back what it holds.
  private synchronized void leave() {
    stream.ifPresent(Stream::close);
    stream = Optional.empty();
    turn.ifPresent(
        next -> {
          next.run();
          endpoint.leave();
        });
    turn = Optional.empty();
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
    if (closed || Thread.currentThread().isInterrupted()) {
      return new CancellationException("cancelled");
    }
    return new UnavailableException(
        "the endpoint " + endpoint.host() + " failed: " + error.getMessage(), error);
  }

  @Override
  public synchronized void close() {
    closed = true;
    Call running = call;
    if (running != null && reply.isEmpty()) {
      running.cancel();
    }
    leave();
  }
}
