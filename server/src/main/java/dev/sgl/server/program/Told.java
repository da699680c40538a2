package dev.sgl.server.program;

import dev.sgl.program.Type;
import dev.sgl.run.RunListener;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.trace.Tracing;
import dev.sgl.server.trace.Work;
import java.time.Duration;
import java.util.Map;

/// Ends a run whose caller has no tokens left, and makes spans of its requests and its calls of
/// tools.
///
/// @param request for the run
record Told(RequestContext request, Tracing tracing) implements RunListener {
  @Override
  public void asked(String branch, String name, Type type) {
    request
        .caller()
        .exhausted()
        .ifPresent(
            refused -> {
              throw ApiException.tooMuch(refused);
            });
  }

  @Override
  public void answered(String branch, String name, long asked, Map<String, Object> meta) {
    try (Work span = begun("generate_content " + name, branch, asked)) {
      span.with("gen_ai.operation.name", "generate_content")
          .with("sgl.variable", name)
          .with("gen_ai.usage.input_tokens", count(meta, "prompt_tokens"))
          .with("gen_ai.usage.cache_read.input_tokens", count(meta, "cached_tokens"))
          .with("gen_ai.usage.output_tokens", count(meta, "generated_tokens"))
          .with("sgl.usage.forced_tokens", count(meta, "forced_tokens"));
    }
  }

  @Override
  public void called(
      String branch, String tool, long asked, Map<String, Object> arguments, Object result) {
    try (Work span = begun("execute_tool " + tool, branch, asked)) {
      span.with("gen_ai.operation.name", "execute_tool").with("gen_ai.tool.name", tool);
    }
  }

  private Work begun(String name, String branch, long asked) {
    Duration ago = Duration.ofNanos(System.nanoTime() - asked);
    return tracing.work(request.trace(), name, ago).with("sgl.branch", branch);
  }

  private static long count(Map<String, Object> meta, String name) {
    return meta.get(name) instanceof Number number ? number.longValue() : 0;
  }
}
