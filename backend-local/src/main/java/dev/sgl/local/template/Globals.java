package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The functions that every template may call.
final class Globals {
  private static final String UNSAID =
      "the chat template refuses the conversation, and does not say why";

  private static final long MAX_RANGE = 100_000;

  static final Map<String, Callable> FUNCTIONS =
      Map.of(
          "namespace", Globals::namespace,
          "dict",
              (a, named) -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                a.forEach(other -> put(Filters.map(other), map));
                map.putAll(named);
                return map;
              },
          "range", (a, _) -> range(a),
          "raise_exception",
              (a, _) -> {
                String why = Python.text(a.getFirst());
                throw TemplateException.refusal(why.isBlank() ? UNSAID : why);
              },
          "joiner",
              (a, _) -> {
                String between = a.isEmpty() ? ", " : Python.text(a.getFirst());
                boolean[] used = {false};
                Callable joiner =
                    (_, _) -> {
                      String text = used[0] ? between : "";
                      used[0] = true;
                      return text;
                    };
                return joiner;
              });

  private Globals() {}

  private static Object namespace(List<Object> arguments, Map<String, Object> named) {
    Namespace namespace = new Namespace();
    arguments.forEach(other -> put(Filters.map(other), namespace));
    namespace.putAll(named);
    return namespace;
  }

  private static void put(Map<?, ?> from, Map<Object, Object> to) {
    Work.items(2L * from.size());
    to.putAll(from);
  }

  private static Object range(List<Object> arguments) {
    long from = arguments.size() > 1 ? Python.integer(arguments.get(0)) : 0;
    long to = Python.integer(arguments.get(arguments.size() > 1 ? 1 : 0));
    long step = arguments.size() > 2 ? Python.integer(arguments.get(2)) : 1;
    List<Object> numbers = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      if (numbers.size() == MAX_RANGE || step == 0) {
        throw new TemplateException("range is too big");
      }
      Work.items(1);
      numbers.add(i);
    }
    return numbers;
  }
}
