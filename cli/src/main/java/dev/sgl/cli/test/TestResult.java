package dev.sgl.cli.test;

import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// The outcome of a test.
///
/// @param failure why it failed, as it is shown; empty if it did not
record TestResult(String file, String name, double seconds, Optional<String> failure) {
  boolean passed() {
    return failure.isEmpty();
  }

  /// Shows the results, file by file, and how many there are.
  static void show(List<TestResult> results, PrintWriter out) {
    String file = "";
    for (TestResult result : results) {
      if (!result.file().equals(file)) {
        file = result.file();
        out.println(file);
      }
      out.printf(
          Locale.ROOT,
          "  %s %s (%.0f ms)%n",
          result.passed() ? "✓" : "✗",
          result.name(),
          result.seconds() * 1e3);
      result.failure().ifPresent(why -> out.println(why.indent(4).stripTrailing()));
    }
    long failed = results.stream().filter(r -> !r.passed()).count();
    String tests = results.size() + (results.size() == 1 ? " test" : " tests");
    out.println(failed == 0 ? tests + " passed" : failed + " of " + tests + " failed");
  }

  /// Writes the results as JUnit's XML.
  ///
  /// @throws UsageException if the file cannot be written
  static void write(List<TestResult> results, Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(out, "UTF-8");
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", "sglc test");
      xml.writeAttribute("tests", "" + results.size());
      xml.writeAttribute("failures", "" + results.stream().filter(r -> !r.passed()).count());
      for (TestResult result : results) {
        result.write(xml);
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (IOException e) {
      throw new UsageException(file + " cannot be written: " + Reasons.of(e));
    } catch (XMLStreamException e) {
      throw new UsageException(file + " cannot be written: " + e.getMessage());
    }
  }

  private void write(XMLStreamWriter xml) throws XMLStreamException {
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", file);
    xml.writeAttribute("name", legal(name));
    xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
    if (failure.isPresent()) {
      xml.writeStartElement("failure");
      String text = legal(failure.get());
      xml.writeAttribute("message", text.lines().findFirst().orElse("failed"));
      xml.writeCharacters(text);
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  /// The text without the characters that XML cannot hold.
  private static String legal(String text) {
    return text.codePoints()
        .map(c -> c >= ' ' && c != 0xFFFE && c != 0xFFFF || c == '\n' || c == '\t' ? c : 0xFFFD)
        .map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
