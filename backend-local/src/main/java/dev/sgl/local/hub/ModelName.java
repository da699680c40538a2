package dev.sgl.local.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The name of a model on a hub, such as `Qwen/Qwen3-0.6B`, or `Qwen/Qwen3-0.6B@main`.
///
/// @param revision a branch, a tag or a commit
public record ModelName(String owner, String name, String revision) {
  private static final Pattern WRITTEN =
      Pattern.compile("([A-Za-z0-9][\\w.-]*)/([A-Za-z0-9][\\w.-]*)(?:@([A-Za-z0-9][\\w.-]*))?");

  /// The name that `text` is; empty if it is none.
  public static Optional<ModelName> parse(String text) {
    Matcher written = WRITTEN.matcher(text);
    return written.matches() && !text.contains("..")
        ? Optional.of(
            new ModelName(
                written.group(1),
                written.group(2),
                Optional.ofNullable(written.group(3)).orElse("main")))
        : Optional.empty();
  }

  /// Owner and name.
  public String repository() {
    return owner + "/" + name;
  }

  @Override
  public String toString() {
    return repository() + (revision.equals("main") ? "" : "@" + revision);
  }
}
