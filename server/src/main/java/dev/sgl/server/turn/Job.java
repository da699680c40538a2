package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.trace.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;

/// The answers that one request asks for, made at the same time. If one fails, all end.
public final class Job implements AutoCloseable {
  private final Served served;
  private final RequestContext request;
  private final List<Ask> asks;
  private final List<Turn> turns = new ArrayList<>();
  private boolean closed;

  /// A job that has not begun.
  ///
  /// @param request by which it can be ended from elsewhere
  public Job(Served served, RequestContext request, List<Ask> asks) {
    this.served = served;
    this.request = request;
    this.asks = List.copyOf(asks);
  }

  /// Makes all answers, and waits for them.
  ///
  /// @param heard gives the callback for each answer, by its index
  public List<Answer> run(IntFunction<Heard> heard) {
    begin(heard);
    try (Running.InFlight _ = served.running().add(request, this::close)) {
      List<Answer> answers =
          turns.size() == 1
              ? List.of(traced(turns.getFirst()))
              : Together.all(
                  turns.stream().<Callable<Answer>>map(turn -> () -> traced(turn)).toList());
      for (int i = 0; i < answers.size(); i++) {
        if (asks.get(i).prompt() instanceof Prompt.Chat) { // which comes again, with its answer
          served.memory().keep(asks.get(i).scheduling().cacheSalt(), answers.get(i));
        }
      }
      return answers;
    } finally {
      close();
      request.caller().spend(turns.stream().mapToLong(Turn::computedTokens).sum());
    }
  }

  /// Makes an answer, in a span with the names of OpenTelemetry's conventions.
  private Answer traced(Turn turn) {
    String model = served.name();
    try (Work span = served.tracing().work(request.trace(), "generate_content " + model)) {
      span.with("gen_ai.operation.name", "generate_content")
          .with("gen_ai.provider.name", "sgl")
          .with("gen_ai.request.model", model)
          .with("gen_ai.response.id", request.id());
      try {
        Answer answer = turn.run();
        turn.timing().ifPresent(timing -> describe(timing, span));
        describe(answer, span);
        return answer;
      } catch (RuntimeException | Error e) {
        span.failed(e);
        throw e;
      }
    }
  }

  private static void describe(Answer answer, Work span) {
    span.with("gen_ai.usage.input_tokens", answer.usage().promptTokens())
        .with("gen_ai.usage.cache_read.input_tokens", answer.usage().cachedTokens())
        .with("gen_ai.usage.output_tokens", answer.usage().generatedTokens())
        .with("sgl.usage.forced_tokens", answer.usage().forcedTokens())
        .with(
            "gen_ai.response.finish_reasons",
            List.of(answer.finish().name().toLowerCase(Locale.ROOT)));
  }

  /// The times of the first generation, by the names that vLLM has for them.
  private static void describe(Reply.Timing timing, Work span) {
    span.with("gen_ai.latency.time_in_queue", timing.queued() / 1e3)
        .with("gen_ai.latency.time_to_first_token", timing.firstToken() / 1e3);
  }

  private synchronized void begin(IntFunction<Heard> heard) {
    if (closed) {
      throw new CancellationException("cancelled");
    }
    for (int i = 0; i < asks.size(); i++) {
      turns.add(new Turn(served.backend(), asks.get(i), heard.apply(i)));
    }
  }

  /// Ends what still runs.
  @Override
  public synchronized void close() {
    closed = true;
    turns.forEach(Turn::close);
  }
}
