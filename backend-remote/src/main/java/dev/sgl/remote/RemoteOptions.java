package dev.sgl.remote;

import java.net.URI;
import java.util.Optional;

/// Where an endpoint is and how to speak to it.
///
/// @param endpoint the URL that `/chat/completions` is added to
/// @param model the name that the endpoint gives the model
/// @param apiKey sent as a bearer token; it is never shown
public record RemoteOptions(URI endpoint, String model, Optional<String> apiKey) {
  @Override
  public String toString() {
    return "RemoteOptions["
        + endpoint
        + ", "
        + model
        + (apiKey.isPresent() ? ", with a key]" : "]");
  }
}
