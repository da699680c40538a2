package dev.sgl.server.anthropic;

import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Ask;
import java.util.List;

/// A call for a message.
///
/// @param ask of the model
/// @param request by which the call can be ended from elsewhere
/// @param id of the message
/// @param stops texts at which the message ends
/// @param stream whether it is sent event by event
/// @param showsThought whether thoughts are in the message
record Asked(
    Ask ask,
    RequestContext request,
    String id,
    List<String> stops,
    boolean stream,
    boolean showsThought) {
  Asked {
    stops = List.copyOf(stops);
  }
}
