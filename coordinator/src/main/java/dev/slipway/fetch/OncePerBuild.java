package dev.slipway.fetch;

import dev.slipway.error.SlipwayException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a build has found out once holds until its end, whatever happens outside meanwhile; of
 * several threads that want the same, one asks. What failed is asked again. @ThreadSafe
 */
public final class OncePerBuild<T> {
  private final Map<String, Map<String, Answer<T>>> builds = new ConcurrentHashMap<>();

  private static final class Answer<T> {
    final ReentrantLock asking = new ReentrantLock();

    /** Guarded by asking. */
    Optional<T> value = Optional.empty();
  }

  /** Finds it out. */
  public interface Question<T> {
    T ask() throws SlipwayException, InterruptedException;
  }

  /** The build's answer for the key; the question is asked when there is none yet. */
  public T get(String buildId, String key, Question<T> question)
      throws SlipwayException, InterruptedException {
    Answer<T> answer =
        builds
            .computeIfAbsent(buildId, _ -> new ConcurrentHashMap<>())
            .computeIfAbsent(key, _ -> new Answer<>());
    answer.asking.lockInterruptibly();
    try {
      if (answer.value.isEmpty()) {
        answer.value = Optional.of(question.ask());
      }
      return answer.value.get();
    } finally {
      answer.asking.unlock();
    }
  }

  /** Drops the build's answers. */
  public void forget(String buildId) {
    builds.remove(buildId);
  }
}
