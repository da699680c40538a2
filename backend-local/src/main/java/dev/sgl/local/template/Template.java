package dev.sgl.local.template;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// A chat template, ready to render: Jinja (3.1) in the dialect of Hugging Face, with its
/// `raise_exception`, `strftime_now`, `tojson` and `generation` blocks.
public final class Template {
  private final List<Node.Placed> nodes;
  private final Supplier<LocalDateTime> clock;

  private Template(List<Node.Placed> nodes, Supplier<LocalDateTime> clock) {
    this.nodes = nodes;
    this.clock = clock;
  }

  /// Parses `source`; `clock` is what `strftime_now` shows.
  ///
  /// @throws TemplateException if it is no template
  public static Template parse(String source, Supplier<LocalDateTime> clock) {
    return new Template(Parser.parse(source), clock);
  }

  /// Renders with the given variables: texts, numbers, lists and maps, in which there may be nulls.
  ///
  /// @throws TemplateException if the template refuses them, or is wrong
  public String render(Map<String, Object> variables) {
    Map<String, Object> context = new LinkedHashMap<>();
    variables.forEach((name, value) -> context.put(name, Python.of(value)));
    Callable now = (arguments, _) -> date(clock.get(), Python.text(arguments.getFirst()));
    context.put("strftime_now", now);
    return Work.bounded(context, () -> Renderer.render(nodes, context));
  }

  /// `strftime` with the directives that templates use.
  private static String date(LocalDateTime time, String format) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char directive = format.charAt(++i);
      boolean unpadded = directive == '-' && i + 1 < format.length();
      String pattern = pattern(unpadded ? format.charAt(++i) : directive);
      String shown =
          pattern.equals("%")
              ? "%"
              : time.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
      out.append(unpadded ? shown.replaceFirst("^0", "") : shown);
    }
    return out.toString();
  }

  private static String pattern(char directive) {
    return switch (directive) {
      case 'Y' -> "yyyy";
      case 'y' -> "yy";
      case 'm' -> "MM";
      case 'd' -> "dd";
      case 'B' -> "MMMM";
      case 'b' -> "MMM";
      case 'A' -> "EEEE";
      case 'a' -> "EEE";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'M' -> "mm";
      case 'S' -> "ss";
      case 'p' -> "a";
      case 'j' -> "DDD";
      case '%' -> "%";
      default -> throw new TemplateException("strftime_now does not know %" + directive);
    };
  }
}
