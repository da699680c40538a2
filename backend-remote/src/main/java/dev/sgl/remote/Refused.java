package dev.sgl.remote;

/// The answer to a request that the endpoint did not take: the cause of what is raised then.
final class Refused extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;

  Refused(int status) {
    super("status " + status);
    this.status = status;
  }

  /// Whether it was the request that it did not understand.
  boolean isOfRequest() {
    return status == 400 || status == 422;
  }
}
