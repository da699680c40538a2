package com.example;

import dev.sgl.Sgl;
import dev.sgl.annotation.Tool;
import dev.sgl.backend.Backend;
import java.nio.file.Path;
import java.util.Map;

/// `retrieval.sgl` behind a typed interface, its tool a Java method.
public final class Retrieval {
  private Retrieval() {}

  /// The programs of the file.
  public interface Answers {
    String retrieval(String question);
  }

  /// What the program may call.
  public static final class Book {
    private static final Map<String, String> FACTS =
        Map.of("mayor of Harlow", "Anneke Dorn", "population of Harlow", "4120");

    @Tool
    String search(String query) {
      return FACTS.getOrDefault(query, "");
    }
  }

  /// The programs of `retrieval.sgl`, run by `model`.
  public static Answers answers(Backend model, Path file) {
    return Sgl.load(file).withTools(new Book()).bind(Answers.class, model);
  }

  /// Asks one question, which the model looks up, and prints the answer.
  public static void main(String[] arguments) {
    try (Backend model = Model.open()) {
      Answers answers = answers(model, Path.of("../retrieval.sgl"));
      System.out.println(answers.retrieval("Who is the mayor of Harlow?"));
    }
  }
}
