package dev.sgl.server.parameters;

import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.format.Infill;
import dev.sgl.server.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A gap in a text, which a completion fills.
///
/// @param behind the text behind it
public record Gap(Infill infill, String behind) {

  /// The gap before a text.
  ///
  /// @param name of the parameter that has the text
  /// @throws ApiException if the model fills no gaps
  public static Gap before(String behind, String name, TokenBackend backend) {
    Infill infill =
        Infill.of(backend)
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        name,
                        "the model `%s` has no tokens for filling a gap: it continues text only"
                            .formatted(backend.card().name())));
    return new Gap(infill, behind);
  }

  /// The text before the gap as the model's input.
  ///
  /// @param whole whether it gets the tokens that begin every text of the model
  public Inputs.Input input(Inputs.Input before, boolean whole, TokenBackend backend) {
    String text =
        before
            .text()
            .orElseThrow(
                () -> ApiException.invalid("prompt", "a prompt before a gap must be a string"));
    return new Inputs.Input(before.text(), backend.tokens(infill.prompt(text, behind), whole));
  }

  /// A sampling that also ends where the middle does.
  public Sampling sampling(Sampling given, TokenBackend backend) {
    List<Integer> stops = new ArrayList<>(given.stops().tokens());
    stops.addAll(infill.stops(backend));
    return given.withStops(given.stops().texts(), stops);
  }

  /// The gap that a completion names by `suffix`, if it has one.
  public static Optional<Gap> of(Optional<String> suffix, TokenBackend backend) {
    return suffix.filter(text -> !text.isEmpty()).map(text -> before(text, "suffix", backend));
  }
}
