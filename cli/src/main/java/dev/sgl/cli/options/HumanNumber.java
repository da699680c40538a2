package dev.sgl.cli.options;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;

/// Numbers as people write them: `8192`, `8k` (8,000), `8K` (8,192), `25.6k`, as vLLM reads them.
final class HumanNumber implements ITypeConverter<Integer> {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([kKmM]?)");
  private static final Map<String, Integer> UNITS =
      Map.of("k", 1000, "K", 1024, "m", 1_000_000, "M", 1 << 20);

  @Override
  public Integer convert(String text) {
    Matcher read = FORM.matcher(text);
    if (read.matches()) {
      try {
        BigDecimal unit = BigDecimal.valueOf(UNITS.getOrDefault(read.group(2), 1));
        return new BigDecimal(read.group(1)).multiply(unit).intValueExact();
      } catch (ArithmeticException e) {
        // told below
      }
    }
    throw new CommandLine.TypeConversionException(
        "`" + text + "` is no whole number, such as 8192, 8k (8,000) or 8K (8,192)");
  }
}
