package dev.sgl.server.program;

import dev.sgl.run.RunListener;
import dev.sgl.server.keys.Caller;
import java.util.Map;
import java.util.stream.Stream;

/// Takes the tokens of a run from its caller's.
record Spending(Caller caller) implements RunListener {
  @Override
  public void answered(String branch, String name, long asked, Map<String, Object> meta) {
    caller.spend(
        Stream.of("prompt_tokens", "generated_tokens")
            .map(meta::get)
            .mapToLong(count -> count instanceof Number number ? number.longValue() : 0)
            .sum());
  }
}
