package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Greedy decoding under a constraint with forced tokens against the same without, on the demo
/// model.
class ForcedTokensTest {
  private static final Path DEMO =
      Path.of(System.getProperty("sgl.home", "..")).resolve("samples/model/demo");
  private static final Type CHARACTER =
      new Type.Rec(
          List.of(
              new Type.Field("name", new Type.Str(1, 40), false),
              new Type.Field("age", new Type.Int(0, 150), false),
              new Type.Field("home", new Type.Str(1, 40), false),
              new Type.Field("trade", new Type.Str(1, 40), false),
              new Type.Field("traits", new Type.Array(new Type.Str(1, 24), 1, 3), false)));
  private static final Type TIP =
      new Type.Rec(
          List.of(
              new Type.Field("title", new Type.Str(1, 60), false),
              new Type.Field("why", new Type.Str(0, 200), false),
              new Type.Field(
                  "effort",
                  new Type.OneOf(
                      List.of(
                          new Type.Literal("low"),
                          new Type.Literal("medium"),
                          new Type.Literal("high"))),
                  false)));
  private static final List<String> NAMES =
      List.of("Tilda Ferrow", "Odo Marsh", "Wren Halloway", "Jory Pike", "Mabel Quist");

  @Test
  void theTextIsTheSameWithAndWithoutForcedTokens() {
    LocalOptions plain = LocalOptions.DEFAULT;
    LocalOptions asking = plain.withJumpForward(false);
    List<Request> requests = requests();
    List<Reply> with = replies(plain, requests);
    List<Reply> without = replies(asking, requests);
    for (int i = 0; i < requests.size(); i++) {
      assertEquals(without.get(i).text(), with.get(i).text());
      Types.read(requests.get(i).type(), with.get(i).text());
      assertEquals(Reply.Finish.END, with.get(i).finish());
    }
    assertTrue(requests.size() >= 20);
  }

  private static List<Request> requests() {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String name = NAMES.get(i % NAMES.size());
      String first = name.substring(0, name.indexOf(' '));
      String text =
          "In Brackford lives a clockmaker called %s. %s is %d years old, patient and witty."
              .formatted(name, first, 20 + 7 * i);
      requests.add(
          request("You extract data as JSON.", "Extract the character.\n\n" + text, CHARACTER));
      requests.add(
          request(
              "You are a concise coach.",
              "Give " + (i % 5 + 1) + " different tips about staying healthy.",
              TIP));
    }
    return requests;
  }

  private static Request request(String system, String user, Type type) {
    List<Prompt.Message> messages =
        List.of(
            new Prompt.Message(Role.SYSTEM, List.of(new Prompt.Part.Written(system))),
            new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written(user))));
    return new Request(new Prompt.Chat(messages, List.of()), type, Sampling.GREEDY);
  }

  private static List<Reply> replies(LocalOptions options, List<Request> requests) {
    try (Backend backend = LocalBackend.open(DEMO, options, Progress.SILENT)) {
      List<Reply> replies = new ArrayList<>();
      for (Request request : requests) {
        try (Generation generation = backend.generate(request)) {
          replies.add(generation.reply());
        }
      }
      return replies;
    }
  }
}
