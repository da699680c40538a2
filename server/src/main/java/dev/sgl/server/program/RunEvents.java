package dev.sgl.server.program;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import dev.sgl.run.RunListener;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Sends what happens in a run, as it happens; the event's name is what happened.
final class RunEvents implements RunListener {
  private final EventStream events;

  RunEvents(EventStream events) {
    this.events = events;
  }

  private void send(String event, ObjectNode data) {
    events.report(event, data);
  }

  private static ObjectNode of(String branch) {
    return Json.object().put("branch", branch);
  }

  private static JsonNode json(Object value) {
    return Json.read(Values.json(value).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void began(String branch) {
    send("began", of(branch));
  }

  @Override
  public void message(String branch, Role role) {
    send("message", of(branch).put("role", role.word()));
  }

  @Override
  public void written(String branch, String text) {
    send("written", of(branch).put("text", text));
  }

  @Override
  public void asked(String branch, String name, Type type) {
    send("asked", of(branch).put("variable", name).put("type", type.show()));
  }

  @Override
  public void generated(String branch, String name, String text) {
    send("generated", of(branch).put("variable", name).put("text", text));
  }

  @Override
  public void answered(String branch, String name, long asked, Map<String, Object> meta) {
    ObjectNode data = of(branch).put("variable", name);
    data.set("meta", json(meta));
    send("answered", data);
  }

  @Override
  public void called(
      String branch, String tool, long asked, Map<String, Object> arguments, Object result) {
    ObjectNode data = of(branch).put("tool", tool);
    data.set("arguments", json(arguments));
    data.set("result", json(result));
    send("called", data);
  }

  @Override
  public void retried(String branch, int attempt, String why) {
    send("retried", of(branch).put("attempt", attempt).put("why", why));
  }

  @Override
  public void logged(String branch, String text) {
    send("logged", of(branch).put("text", text));
  }

  @Override
  public void ended(String branch) {
    send("ended", of(branch));
  }
}
