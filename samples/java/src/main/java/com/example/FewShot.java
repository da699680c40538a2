package com.example;

import static dev.sgl.conversation.GenOption.maxTokens;
import static dev.sgl.conversation.GenOption.stop;
import static dev.sgl.conversation.GenOption.temperature;

import dev.sgl.Sgl;
import dev.sgl.backend.Backend;
import dev.sgl.program.Program;
import dev.sgl.program.Type;
import java.util.List;
import java.util.Map;

/// `few_shot.sgl` through the builder: the same program model that the compiler makes, which can be
/// checked, printed, and run for many questions at once.
public final class FewShot {
  private FewShot() {}

  private record Shot(String question, String answer) {}

  /// The program.
  public static Program program() {
    var shots =
        Sgl.fragment("shots")
            .param("all", Type.array(Type.of(Shot.class)))
            .forEach(
                "shot", "all", each -> each.user("{shot.question}").assistant("{shot.answer}"));
    return Sgl.program("few_shot")
        .using(shots)
        .param("question", Type.string(), "I live in Paris. Where do I live?")
        .returning(Type.string())
        .system("Answer in a few words.")
        .call(
            """
            shots([
              {question: "My name is Mia. What is my name?", answer: "Your name is Mia."},
              {question: "I live in Oslo. Where do I live?", answer: "You live in Oslo."},
              {question: "My cat is called Tom. What is my cat called?", answer: "Your cat is called Tom."}
            ])""")
        .user("{question}")
        .assistant(a -> a.gen("answer", maxTokens(24), temperature(0), stop("\n")))
        .returns("answer");
  }

  /// Asks two questions at the same time and prints the answers.
  public static void main(String[] arguments) {
    List<Map<String, String>> questions =
        List.of(
            Map.of("question", "I live in Rome. Where do I live?"),
            Map.of("question", "My name is Leo. What is my name?"));
    try (Backend model = Model.open()) {
      Sgl.of(program()).runAll(model, questions).forEach(System.out::println);
    }
  }
}
