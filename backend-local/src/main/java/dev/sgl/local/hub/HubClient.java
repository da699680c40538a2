package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.json.OutsideJson;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// The HTTP requests to a hub.
final class HubClient implements AutoCloseable {
  private static final String PUBLIC = "https://huggingface.co";
  private static final int MOST_REDIRECTS = 8;
  private static final int MAX_DESCRIPTION = 64 << 20; // bytes
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final URI endpoint;
  private final Optional<String> token;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(15))
          .followRedirects(HttpClient.Redirect.NEVER) // the token is for the hub alone
          .build();

  /// @param environment `HF_ENDPOINT` is the address of the hub, `HF_TOKEN` the user's token for it
  HubClient(Map<String, String> environment) {
    String at = environment.getOrDefault("HF_ENDPOINT", PUBLIC);
    endpoint = URI.create(at.endsWith("/") ? at.substring(0, at.length() - 1) : at);
    token = Optional.ofNullable(environment.get("HF_TOKEN")).filter(t -> !t.isBlank());
  }

  /// The files of a revision, and its commit.
  ///
  /// @throws ModelException if the hub has no such model, or the model needs permission
  JsonNode describe(ModelName model) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            endpoint
                + "/api/models/"
                + model.repository()
                + "/revision/"
                + model.revision()
                + "?blobs=true");
    HttpResponse<InputStream> response = get(uri, 0);
    try (InputStream body = response.body()) {
      requireFound(response, model);
      return OutsideJson.plain().readTree(body.readNBytes(MAX_DESCRIPTION));
    }
  }

  /// The content of a file: from the byte `from` on if the status is 206, from the beginning if the
  /// status is 200.
  HttpResponse<InputStream> open(ModelName model, String commit, String file, long from)
      throws IOException, InterruptedException {
    URI uri = URI.create(endpoint + "/" + model.repository() + "/resolve/" + commit + "/" + file);
    HttpResponse<InputStream> response = get(uri, from);
    if (response.statusCode() != 200 && response.statusCode() != 206) {
      response.body().close();
      requireFound(response, model);
    }
    return response;
  }

  private HttpResponse<InputStream> get(URI first, long from)
      throws IOException, InterruptedException {
    URI uri = first;
    for (int i = 0; i < MOST_REDIRECTS; i++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(PATIENCE);
      if (isHub(uri)) {
        token.ifPresent(t -> request.header("Authorization", "Bearer " + t));
      }
      if (from > 0) {
        request.header("Range", "bytes=" + from + "-");
      }
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      Optional<String> location = response.headers().firstValue("Location");
      if (response.statusCode() / 100 != 3 || location.isEmpty()) {
        return response;
      }
      response.body().close();
      URI next = uri.resolve(location.get());
      if ("https".equals(uri.getScheme()) && !"https".equals(next.getScheme())) {
        throw new IOException(uri.getHost() + " leads to an address that is not https");
      }
      uri = next;
    }
    throw new IOException(first.getHost() + " leads from one address to the next");
  }

  private boolean isHub(URI uri) {
    return uri.getScheme().equals(endpoint.getScheme())
        && uri.getRawAuthority().equals(endpoint.getRawAuthority());
  }

  private void requireFound(HttpResponse<?> response, ModelName model) throws IOException {
    int status = response.statusCode();
    switch (status) {
      case 200 -> {}
      case 401, 403 ->
          throw new ModelException(
              token.isPresent()
                  ? "the hub refuses "
                      + model
                      + ": it does not exist, or your token (HF_TOKEN) may not see it"
                  : "the hub refuses "
                      + model
                      + ": it does not exist, or needs a token; set HF_TOKEN to yours");
      case 404 -> throw new ModelException("the hub has no model " + model);
      default -> throw new IOException("the hub answered " + status + " for " + model);
    }
  }

  /// The host that is asked.
  String host() {
    return endpoint.getRawAuthority();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
