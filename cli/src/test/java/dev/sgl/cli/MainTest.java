package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc` as a user types it: what it prints, and its exit code.
class MainTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));

  @TempDir Path folder = Path.of("");

  private static Sglc sglc(String... arguments) {
    return Sglc.run(arguments);
  }

  private String file(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    return file.toString();
  }

  private Path modelCopy() throws IOException {
    Path copy = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(HOME.resolve("samples/model/demo"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  @Test
  void runPrintsTheResultAsJson() throws IOException {
    String source =
        file(
            "one.sgl",
            "program one(n: int = 2) { user \"Hello!\" assistant gen x (max_tokens: 3, temperature: 0) return {n: n, x: x} }");
    Sglc run = sglc("run", source, "n=5", "--json");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().startsWith("{\"n\":5,\"x\":\"Hello"), run.out());
    assertEquals(1, run.out().lines().count());
  }

  @Test
  void streamShowsTheConversationAsItIsSaid() throws IOException {
    String source =
        file(
            "s.sgl",
            "program s() { user \"Hello!\" assistant { \"So: \" gen x (max_tokens: 3) } log \"done\" }");
    Sglc run = sglc("run", source, "--stream");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().startsWith("user: Hello!\nassistant: So: "), run.out());
    assertEquals("log: done\n", run.err());
  }

  @Test
  void checkAndIr() throws IOException {
    String good = file("good.sgl", "program p() { return 1 }");
    assertEquals(new Sglc(0, good + ": ok\n", ""), sglc("check", good));
    assertEquals("program p() {\n  return 1\n}\n", sglc("ir", good).out());
  }

  @Test
  void aProgramWithThreeMistakesShowsAllThree() throws IOException {
    String bad =
        file("bad.sgl", "program p() {\n  let a = b\n  gen x (temprature: 1)\n  return c.d\n}");
    for (String command : List.of("run", "check", "ir")) {
      Sglc run = sglc(command, bad);
      run.failed(1, "`b` is not defined");
      assertTrue(
          run.err().contains("did you mean `temperature`?")
              && run.err().contains("`c` is not defined"),
          run.err());
    }
    assertTrue(sglc("check", bad).err().endsWith("3 errors\n"));
  }

  @Test
  void wrongArguments() throws IOException {
    String source = file("a.sgl", "program a(n: int<1..5>, who: string = \"you\") { return n }");
    sglc("run", source)
        .failed(2, "`a` needs `n`: add n=…; it takes n: int<1..5>, who: string (optional)");
    sglc("run", source, "n=many").failed(2, "the argument `n`: \"many\" is not int<1..5>");
    sglc("run", source, "n=9").failed(2, "9 is not int<1..5>");
    sglc("run", source, "n=1", "m=2").failed(2, "has no parameter `m`");
    sglc("run", source, "n").failed(2, "name=value");
  }

  @Test
  void wrongUse() throws IOException {
    assertEquals(2, sglc().code());
    sglc("run").failed(2, "Missing required parameter");
    sglc("run", "nothing.sgl").failed(2, "there is no file nothing.sgl");
    sglc("rum", "x.sgl").failed(2, "run");
    sglc("run", file("x.sgl", "program p() {}"), "--sede", "1").failed(2, "--seed");
    sglc("run", file("y.sgl", "program p() {}"), "--endpoint", "127.0.0.1:1/v1")
        .failed(2, "--endpoint must be a URL such as http://127.0.0.1:30000/v1, not 127.0.0.1:1");
    sglc("run", file("z.sgl", "program p() {}"), "--endpoint", "nowhere", "--model", "m")
        .failed(2, "--endpoint must be a URL");
    sglc("check", folder.toString()).failed(2, "is a folder");
  }

  @Test
  void helpAndVersion() {
    assertTrue(sglc("--help").out().contains("sglc run samples/tips.sgl"));
    assertTrue(sglc("run", "--help").out().contains("--endpoint"));
    assertEquals(0, sglc("--version").code());
  }

  @Test
  void theDeviceIsNamedOrLookedFor() throws IOException {
    String source = file("m.sgl", "program m() { gen x (max_tokens: 1) }");
    assertEquals(0, sglc("run", source, "--device", "cpu").code());
    assertEquals(0, sglc("run", source, "--device", "auto").code());
    sglc("run", source, "--device", "gpu").failed(2, "--device must be auto, cpu, cuda or cuda:N");
    sglc("run", source, "--device", "cuda:900").failed(3, "no GPU can be used");
    sglc("run", source, "--kv-cache-dtype", "int8")
        .failed(2, "--kv-cache-dtype must be auto or fp8");
    sglc("run", source, "--device", "cpu", "--kv-cache-dtype", "fp8")
        .failed(3, "keys and values of 8 bits need a GPU");
    assertEquals(0, sglc("run", source, "--kv-cache-dtype", "auto", "--device", "cpu").code());
    sglc("run", source, "--mem-fraction", "1.5").failed(2, "--mem-fraction must be");
    sglc("run", source, "--endpoint", "http://127.0.0.1:1/v1/chat/completions")
        .failed(2, "leave out /chat/completions");
    sglc("run", source, "--dtype", "int3").failed(2, "--dtype must be auto, bfloat16 or float16");
  }

  @Test
  void aContextThatTheModelDoesNotHaveIsSaid() throws IOException {
    Path file = Files.writeString(folder.resolve("one.sgl"), "program one() -> int { return 1 }\n");
    String said = "--context-length 100,000 is more than demo was made for";
    Sglc more = Sglc.run("run", file.toString(), "--device", "cpu", "--context-length", "100000");
    assertEquals(0, more.code(), more.err());
    assertTrue(more.err().contains(said) && more.err().contains("at most 2,048"), more.err());
    Sglc less = Sglc.run("run", file.toString(), "--device", "cpu", "--context-length", "2048");
    assertFalse(less.err().contains("warning"), less.err());
  }

  @Test
  void aModelFolderThatIsMissingOrNotWhole() throws IOException {
    String source = file("m.sgl", "program m() { gen x (max_tokens: 1) }");
    sglc("run", source, "--model", folder.resolve("none").toString())
        .failed(2, "there is no model folder");
    sglc("run", source, "--model", source).failed(2, "is a file; a model is a folder");
    Path model = modelCopy();
    Path shard = model.resolve("model-00001-of-00002.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, 1_000_000));
    sglc("run", source, "--model", model.toString()).failed(3, "is truncated");
    Files.write(shard, bytes);
    Path config = model.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("LlamaForCausalLM", "MambaForCausalLM"));
    sglc("run", source, "--model", model.toString())
        .failed(3, "the architecture MambaForCausalLM is not supported");
    Files.writeString(config, "{");
    sglc("run", source, "--model", model.toString()).failed(3, "config.json:1 is not JSON");
  }

  @Test
  void anEndpointThatIsNotThere() throws IOException {
    String source = file("e.sgl", "program e() { user \"Hi\" assistant gen x }");
    Sglc run = sglc("run", source, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m");
    run.failed(3, "the endpoint 127.0.0.1:9 cannot be reached: nothing listens there");
    assertTrue(run.err().contains("e.sgl:1:35"), run.err());
  }

  @Test
  void aProgramThatFailsShowsWhere() throws IOException {
    String source = file("f.sgl", "program f(n: int = 3) {\n  fail \"no luck with {n}\"\n}");
    Sglc run = sglc("run", source);
    run.failed(1, "error[failed]: no luck with 3.");
    assertTrue(
        run.err().contains("f.sgl:2:3") && run.err().contains("= known here: n = 3"), run.err());
  }
}
