package dev.sgl.server.turn;

import dev.sgl.server.format.ToolFormat;
import java.util.List;

/// The tools that a model may call, and how it calls them.
///
/// @param tools at least one; those that may be called
/// @param required whether it calls one for certain
/// @param parallel whether it may call several
/// @param format how the model writes a call
public record Toolbox(List<ToolSpec> tools, boolean required, boolean parallel, ToolFormat format) {
  public Toolbox {
    tools = List.copyOf(tools);
  }
}
