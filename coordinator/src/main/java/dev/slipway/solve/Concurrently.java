package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Blocking work for several vertices at once, each on a virtual thread. */
final class Concurrently {
  private Concurrently() {}

  interface Work<T> {
    T of(Vertex vertex) throws SlipwayException, InterruptedException;
  }

  /** Returns each vertex's result; the first failure, or an interrupt, ends the others. */
  static <T> Map<Digest, T> forEach(List<Vertex> vertices, Work<T> work) throws SlipwayException, InterruptedException {
    Map<Digest, T> results = new LinkedHashMap<>();
    if (vertices.size() == 1) {
      results.put(vertices.getFirst().digest(), work.of(vertices.getFirst()));
      return results;
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<Digest, Future<T>> futures = new LinkedHashMap<>();
      vertices.forEach(vertex -> futures.put(vertex.digest(), threads.submit(() -> work.of(vertex))));
      try {
        for (Map.Entry<Digest, Future<T>> future : futures.entrySet()) {
          results.put(future.getKey(), future.getValue().get());
        }
        return results;
      } catch (ExecutionException e) {
        throw unwrapped(e);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private static SlipwayException unwrapped(ExecutionException failure) {
    return switch (failure.getCause()) {
      case SlipwayException known -> known;
      case RuntimeException bug -> throw bug;
      case Error bug -> throw bug;
      case null, default -> new SlipwayException(ErrorKind.CANCELLED, "work on a source was interrupted", failure);
    };
  }
}
