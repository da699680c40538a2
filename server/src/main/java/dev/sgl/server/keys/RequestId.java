package dev.sgl.server.keys;

/// The id of a request, and whose it is.
public record RequestId(String text, Caller caller) {
  @Override
  public String toString() {
    return text;
  }
}
