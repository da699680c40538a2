package dev.sgl.local.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The name of a model on a hub: `OWNER/NAME`, such as `Qwen/Qwen3-0.6B`, then `@REVISION` if it is
/// not `main`, then `:QUANTIZATION` for one of the GGUF files of the repository, such as
/// `Qwen/Qwen3-0.6B-GGUF:Q8_0` or `Qwen/Qwen3-0.6B-GGUF@v1:Q8_0`.
///
/// @param revision a branch, a tag or a commit
/// @param quantization a part of the name of a GGUF file, such as `Q4_K_M`, in any case
public record ModelName(String owner, String name, String revision, Optional<String> quantization) {
  private static final String WORD = "([A-Za-z0-9][\\w.-]*)";
  private static final Pattern WRITTEN =
      Pattern.compile(WORD + "/" + WORD + "(?:@" + WORD + ")?(?::" + WORD + ")?");

  /// The name that `text` is; empty if it is none.
  public static Optional<ModelName> parse(String text) {
    Matcher written = WRITTEN.matcher(text);
    return written.matches() && !text.contains("..")
        ? Optional.of(
            new ModelName(
                written.group(1),
                written.group(2),
                Optional.ofNullable(written.group(3)).orElse("main"),
                Optional.ofNullable(written.group(4))))
        : Optional.empty();
  }

  /// Owner and name.
  public String repository() {
    return owner + "/" + name;
  }

  /// Owner and name, and the quantization if one is given: the name by which the model is served.
  public String served() {
    return repository() + quantization.map(q -> ":" + q).orElse("");
  }

  @Override
  public String toString() {
    return repository()
        + (revision.equals("main") ? "" : "@" + revision)
        + quantization.map(q -> ":" + q).orElse("");
  }
}
