package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a program may read while it is compiled: files below its own folder, and nothing else.
class SourcesTest {
  @TempDir Path folder = Path.of("");
  private Path root = Path.of("");

  @BeforeEach
  void write() throws IOException {
    root = folder.resolve("program");
    Files.createDirectories(root.resolve("deep"));
    Files.writeString(folder.resolve("secret.sgl"), "fn leak() { return 1 }");
    Files.writeString(folder.resolve("secret.json"), "{\"type\": \"object\"}");
    Files.writeString(root.resolve("deep/b.sgl"), "use \"../c.sgl\" as c fn f() { return c.g() }");
    Files.writeString(root.resolve("c.sgl"), "fn g() { return 2 }");
    Files.writeString(root.resolve("person.json"), "{\"type\": \"object\"}");
    Files.writeString(root.resolve("ab.gbnf"), "root ::= \"a\" | \"b\"");
    Files.createSymbolicLink(root.resolve("link.sgl"), folder.resolve("secret.sgl"));
    Files.createSymbolicLink(root.resolve("out"), folder);
  }

  private Compiler.Result compile(String source) {
    return Compiler.compile(root.resolve("a.sgl").toString(), source, Sources.below(root));
  }

  @Test
  void filesBesideAndBelowAreRead() {
    Compiler.Result result =
        compile(
            "use \"deep/b.sgl\" as b program p() { gen x: schema \"person.json\" gen y: grammar \"./ab.gbnf\" return b.f() }");
    assertEquals("", result.report());
  }

  @Test
  void nothingElseIs() {
    for (String path :
        List.of(
            "../secret.sgl",
            "deep/../../secret.sgl",
            "link.sgl",
            "out/secret.sgl",
            folder.resolve("secret.sgl").toString(),
            "/etc/passwd",
            "nothing.sgl",
            "deep",
            "\\u{0}")) {
      Compiler.Result result = compile("use \"" + path + "\" as s program p() { return s.leak() }");
      assertTrue(result.program().isEmpty(), path);
      assertEquals("unreadable-file", result.diagnostics().getFirst().code(), path);
      assertTrue(!result.texts().toString().contains("leak() {"), "its text is not shown either");
    }
    Compiler.Result schema = compile("program p() { gen x: schema \"../secret.json\" }");
    assertEquals("unreadable-file", schema.diagnostics().getFirst().code());
  }

  @Test
  void aModuleThatUsesItselfIsRefused() throws IOException {
    Files.writeString(root.resolve("a.sgl"), "use \"./d.sgl\" as d program p() {}");
    Files.writeString(root.resolve("d.sgl"), "use \"a.sgl\" as a");
    Compiler.Result result = compile(Files.readString(root.resolve("a.sgl")));
    assertTrue(result.report().contains("`a.sgl` uses this file itself"), result.report());
  }

  @Test
  void mistakesOfAModuleAreShownInItsOwnText() throws IOException {
    Files.writeString(root.resolve("c.sgl"), "fn g() {\n  return nothing\n}");
    String report = compile("use \"c.sgl\" as c program p() { return c.g() }").report();
    assertTrue(report.contains("c.sgl:2:10") && report.contains("2 |   return nothing"), report);
  }

  @Test
  void aModuleSeesOnlyWhatItUses() throws IOException {
    Files.writeString(root.resolve("c.sgl"), "fn g() { return mine() }");
    Compiler.Result result =
        compile("use \"c.sgl\" as c fn mine() { return 1 } program p() { return c.g() }");
    assertEquals("unknown-function", result.diagnostics().getFirst().code());
  }
}
