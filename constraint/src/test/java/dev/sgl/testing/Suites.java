package dev.sgl.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/// The independent test suites, which lie in `shared/suites` beside the project.
public final class Suites {
  private Suites() {}

  /// The folder of the suite `name`; the test is skipped, saying so, where it is not there.
  public static Path folder(String name) {
    Path here = Path.of("").toAbsolutePath();
    while (here != null && !Files.isDirectory(here.resolve("shared/suites"))) {
      here = here.getParent();
    }
    Path folder =
        here == null ? Path.of("shared/suites", name) : here.resolve("shared/suites", name);
    assumeTrue(Files.isDirectory(folder), "the suite " + folder + " is not there");
    return folder;
  }
}
