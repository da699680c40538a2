package dev.sgl.local.writing;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.program.Types;
import java.util.Optional;

/// The forms of typed values, made from requests.
///
/// @param masks of the model's vocabulary
/// @param layout of JSON for requests that name none
/// @param phraseEnds the tokens before which a phrase ends: see [PhraseEnds]
public record Forms(MaskCache masks, Layout layout, boolean jumpForward, int[] phraseEnds) {
  /// Tokens below which a code block would leave too little for the value.
  private static final int LEAST_FOR_FENCE = 64;

  /// The same for a vocabulary with other texts of tokens.
  public Forms with(MaskCache other) {
    return new Forms(other, layout, jumpForward, phraseEnds);
  }

  /// The form of a request's value; none for free text.
  ///
  /// @throws BackendException if the type is too large to be followed
  public Optional<Rules.Form> form(Request request) {
    if (Types.isFree(request.type())) {
      return Optional.empty();
    }
    boolean closes = request.writing().closes(request.type());
    try {
      return Optional.of(
          new Rules.Form(constraint(request).matcher(masks), jumpForward, closes, phraseEnds));
    } catch (ConstraintException e) {
      throw new BackendException(String.valueOf(e.getMessage()), e);
    }
  }

  private CompiledConstraint constraint(Request request) {
    String end = request.writing().end();
    if (!end.isEmpty()) {
      return Types.followed(request.type(), style(request), end);
    }
    return mayBeFenced(request)
        ? Types.fenced(request.type())
        : Types.compiled(request.type(), style(request));
  }

  private JsonStyle style(Request request) {
    return JsonStyle.written(layout(request), request.writing().syntax());
  }

  private Layout layout(Request request) {
    // the syntaxes of calls have white space of their own
    return request.writing().syntax().isJson()
        ? request.writing().layout().orElse(layout)
        : request.writing().syntax().inner().isPresent() ? Layout.COMPACT : Layout.SPACED;
  }

  /// Whether the model may put its answer into a code block: then the first line of the block is
  /// left out of the text. Models do that with a value that is the whole of a message.
  public boolean mayBeFenced(Request request) {
    return layout(request) == Layout.FREE
        && request.writing().end().isEmpty()
        && request.writing().syntax().isJson()
        && Types.isJson(request.type())
        && request.prompt() instanceof Prompt.Chat(_, var open, _)
        && open.isEmpty()
        && request.sampling().length().maxTokens().orElse(Integer.MAX_VALUE) >= LEAST_FOR_FENCE;
  }
}
