package com.example;

import static dev.sgl.conversation.GenOption.maxTokens;
import static dev.sgl.conversation.GenOption.temperature;

import dev.sgl.Sgl;
import dev.sgl.annotation.Length;
import dev.sgl.annotation.Matches;
import dev.sgl.backend.Backend;
import dev.sgl.partial.Partial;
import java.util.Optional;
import java.util.function.Consumer;

/// `extract.sgl` in direct style: a conversation in Java's own control flow, and a record that is
/// filled while one looks on.
public final class Extract {
  private static final String TEXT =
      "Please contact Tilda Ferrow (Norvik, Brackford) at tilda.ferrow@norvik.com, phone 412-555-0198.";

  private Extract() {}

  /// What the model may write: the annotations are constraints.
  public record Contact(
      @Length(min = 1, max = 40) String name,
      @Length(min = 1, max = 40) String company,
      @Matches("[a-z0-9._-]{1,40}@[a-z0-9-]{1,30}\\.[a-z]{2,6}") String email,
      @Matches("(\\+[0-9]{1,2} )?[0-9]{2,3}[ -][0-9]{3,6}([ -][0-9]{3,4})?") String phone,
      Optional<@Length(min = 1, max = 40) String> city) {}

  /// Extracts the contact of a text; `onPartial` hears it while it is written.
  public static Contact extract(Backend model, String text, Consumer<Partial> onPartial) {
    return Sgl.on(model)
        .run(
            chat ->
                chat.system("You extract data as JSON.")
                    .user("Extract the contact.\n\n" + text)
                    .assistant(
                        a -> a.gen(Contact.class, onPartial, maxTokens(200), temperature(0))));
  }

  /// Prints the contact of a text, and how far it is while it is written.
  public static void main(String[] arguments) {
    try (Backend model = Model.open()) {
      Contact contact =
          extract(
              model,
              TEXT,
              partial ->
                  System.out.println(partial.field("email").state() + " " + partial.value()));
      System.out.println(contact);
    }
  }
}
