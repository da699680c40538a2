package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The list of architectures, which the manual repeats.
class ModelsTest {
  private static final Path MANUAL =
      Path.of(System.getProperty("sgl.home", "..")).resolve("docs/models.md");

  @Test
  void theManualHasTheListOfTheCode() throws IOException {
    Sglc printed = Sglc.run("models");
    assertEquals(0, printed.code());
    assertTrue(
        Files.readString(MANUAL).contains(printed.out()),
        () -> "docs/models.md should have\n" + printed.out());
  }
}
