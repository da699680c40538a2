package dev.sgl.cli.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sgl.cli.options.UsageException;
import dev.sgl.diagnostic.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Options of a command that stand in a YAML file, by their names without the dashes:
///
/// ```yaml
/// model: Qwen/Qwen3-0.6B
/// port: 30000
/// no-playground: true
/// ```
public final class Configuration {
  private static final String OPTION = "--config";
  private static final long MOST_BYTES = 1 << 20;

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Configuration() {}

  /// The arguments, preceded by those of the file that `--config` names. An option that is
  /// typed too is left out of the file's: the typed one counts.
  ///
  /// @param known names of options
  /// @throws UsageException if the file cannot be read, or names an unknown option
  public static String[] expand(String[] arguments, Set<String> known) {
    List<String> expanded = new ArrayList<>();
    Map<String, List<String>> fromFile = new LinkedHashMap<>(); // by the option's name
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (argument.equals(OPTION) && i + 1 < arguments.length) {
        fromFile.putAll(read(Path.of(arguments[++i]), known));
      } else if (argument.startsWith(OPTION + "=")) {
        fromFile.putAll(read(Path.of(argument.substring(OPTION.length() + 1)), known));
      } else {
        expanded.add(argument);
      }
    }
    expanded.forEach(
        typed -> fromFile.keySet().removeIf(name -> typed.matches(Pattern.quote(name) + "(=.*)?")));
    int behindCommand = Math.min(1, expanded.size());
    expanded.addAll(behindCommand, fromFile.values().stream().flatMap(List::stream).toList());
    return expanded.toArray(String[]::new);
  }

  private static Map<String, List<String>> read(Path file, Set<String> known) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new UsageException(OPTION + ": there is no file " + file);
      }
      if (Files.size(file) > MOST_BYTES) {
        throw new UsageException(OPTION + ": " + file + " is too large");
      }
      JsonNode tree = YAML.readTree(Files.readString(file));
      if (tree.isMissingNode() || tree.isNull()) {
        return Map.of();
      }
      if (!tree.isObject()) {
        throw new UsageException(OPTION + ": " + file + " must hold options as `name: value`");
      }
      Map<String, List<String>> options = new LinkedHashMap<>();
      List<String> wrong = new ArrayList<>();
      for (Map.Entry<String, JsonNode> option : tree.properties()) {
        String name = "--" + option.getKey().replaceFirst("^-+", "").replace('_', '-');
        if (name.equals(OPTION)) {
          throw new UsageException(OPTION + ": " + file + " cannot name another file");
        }
        if (!known.contains(name)) {
          wrong.add(option.getKey() + near(name, known));
        }
        options.put(name, arguments(file, name, option.getValue()));
      }
      if (!wrong.isEmpty()) {
        throw new UsageException(
            OPTION + ": " + file + ": there is no option " + String.join(", nor ", wrong));
      }
      return options;
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new UsageException(OPTION + ": " + file + where + ": " + firstLine(e));
    } catch (IOException e) {
      throw new UsageException(OPTION + ": " + file + " cannot be read: " + e.getMessage());
    }
  }

  private static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("this is not YAML");
  }

  private static String near(String name, Set<String> known) {
    return Nearest.to(name, known)
        .map(n -> " (did you mean " + n.replaceFirst("^-+", "") + "?)")
        .orElse("");
  }

  /// A switch stands without a value, an option with several values once for each.
  private static List<String> arguments(Path file, String option, JsonNode value) {
    if (value.isObject() || value.isNull()) {
      throw new UsageException(
          OPTION
              + ": "
              + file
              + ": "
              + option.substring(2)
              + " needs a value; there are no sections");
    }
    if (value.isBoolean()) {
      return value.booleanValue() ? List.of(option) : List.of();
    }
    List<String> arguments = new ArrayList<>();
    for (JsonNode one : value.isArray() ? value : List.of(value)) {
      arguments.add(option + "=" + one.asText());
    }
    return arguments;
  }
}
