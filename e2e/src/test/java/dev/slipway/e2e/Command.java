package dev.slipway.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A program that was started; what it says is kept. Standard error joins standard output. */
final class Command implements AutoCloseable {
  private final List<String> words;
  private final Process process;
  private final StringBuffer output = new StringBuffer();
  private final Thread reader;

  /** What came of it. */
  record Result(int exitCode, String output, Duration took) {
    Result orThrow() {
      if (exitCode != 0) {
        throw new AssertionError("exit " + exitCode + ":\n" + output);
      }
      return this;
    }
  }

  private final long began = System.nanoTime();

  private Command(List<String> words, Process process) {
    this.words = words;
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /** Starts a program, with these variables set besides those of this process. */
  static Command start(Map<String, String> environment, Path folder, List<String> words) {
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectErrorStream(true).directory(folder.toFile());
    // The engine of one test is nobody else's business.
    builder.environment().remove("DOCKER_HOST");
    builder.environment().putAll(environment);
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    try {
      return new Command(words, builder.start());
    } catch (IOException e) {
      throw new AssertionError("cannot start " + words, e);
    }
  }

  /** Runs a program to its end. */
  static Result run(Duration patience, List<String> words) {
    try (Command command = start(Map.of(), Path.of("/"), words)) {
      return command.await(patience);
    }
  }

  private void read() {
    byte[] buffer = new byte[8192];
    try (InputStream in = process.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        output.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        synchronized (this) {
          notifyAll();
        }
      }
    } catch (IOException e) {
      output.append("\n[output cut: ").append(e.getMessage()).append("]\n");
    } finally {
      synchronized (this) {
        notifyAll();
      }
    }
  }

  String output() {
    return output.toString();
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Waits for what it says to satisfy a condition. */
  synchronized void awaitOutput(Duration patience, Predicate<String> enough) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!enough.test(output())) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0 || !reader.isAlive()) {
        throw new AssertionError(words + " did not say it within " + patience + ":\n" + output());
      }
      try {
        wait(Math.min(left, 200));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  /** Waits until a step of a build has printed that line. */
  void awaitStepLog(Duration patience, String line) {
    Pattern pattern = Pattern.compile("(?m)^#\\d+ [0-9.]+ " + Pattern.quote(line) + "$");
    awaitOutput(patience, output -> pattern.matcher(output).find());
  }

  /** Waits for its end. */
  Result await(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(words + " still runs after " + patience + ":\n" + output());
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      reader.join(Duration.ofSeconds(2));
      return new Result(process.exitValue(), output(), took);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** SIGTERM; unlike {@link Process#destroy}, what it says about it is still read. */
  void terminate() {
    process.toHandle().destroy();
  }

  void kill() {
    process.toHandle().destroyForcibly();
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
