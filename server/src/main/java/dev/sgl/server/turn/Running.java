package dev.sgl.server.turn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What is being answered, by the ids of the requests, so that it can be ended from elsewhere.
public final class Running {
  private final Map<String, Job> jobs = new ConcurrentHashMap<>();

  void add(Job job) {
    jobs.put(job.id(), job);
  }

  void remove(Job job) {
    jobs.remove(job.id(), job);
  }

  /// Ends a request; false if there is none with this id.
  public boolean abort(String id) {
    Optional<Job> job = Optional.ofNullable(jobs.get(id));
    job.ifPresent(Job::close);
    return job.isPresent();
  }

  /// Ends all requests.
  public int abortAll() {
    List<Job> all = new ArrayList<>(jobs.values());
    all.forEach(Job::close);
    return all.size();
  }
}
