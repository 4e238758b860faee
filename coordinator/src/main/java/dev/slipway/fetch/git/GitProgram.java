package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.Requester;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@code git} with nothing of the machine's but its PATH and proxies. Secrets go by the
 * environment, which other users of the machine do not see. Immutable; {@code with…} gives another.
 */
final class GitProgram {
  /** A command that takes longer is ended: the largest repositories take half of it. */
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /** Bytes of output that are kept: refs of the largest repositories are a tenth of it. */
  private static final int MOST_OUTPUT = 64 << 20;

  /** Bytes of what it says on standard error that become part of an error. */
  private static final int MOST_WORDS = 16 << 10;

  /** Units of 512 bytes in one file that git writes; a pack is one. */
  private static final long FILE_LIMIT = (16L << 30) / 512;

  private static final List<String> PROXIES =
      List.of(
          "HTTP_PROXY",
          "HTTPS_PROXY",
          "NO_PROXY",
          "ALL_PROXY",
          "http_proxy",
          "https_proxy",
          "no_proxy",
          "all_proxy");

  /** Protocols of remotes and submodules; files only where a command is ours alone. */
  private static final String REMOTE_PROTOCOLS = "http:https:git:ssh";

  /**
   * Files get the modes that git records; what a repository says must not start programs here, and
   * no command leaves a process behind.
   */
  private static final List<String> OPTIONS =
      List.of(
          "-c", "core.hooksPath=/dev/null",
          "-c", "core.fsmonitor=false",
          "-c", "core.symlinks=true",
          "-c", "protocol.ext.allow=never",
          "-c", "protocol.file.allow=user",
          "-c", "gc.auto=0",
          "-c", "maintenance.auto=false",
          "-c", "init.defaultBranch=master",
          "-c", "advice.detachedHead=false",
          "-c", "http.lowSpeedLimit=1000",
          "-c", "http.lowSpeedTime=60");

  private final Map<String, String> environment;
  private final List<String> options;
  private final Path directory;
  private final Requester.Output output;
  private final Optional<String> secretPart;

  private GitProgram(
      Map<String, String> environment,
      List<String> options,
      Path directory,
      Requester.Output output,
      Optional<String> secretPart) {
    this.environment = environment;
    this.options = options;
    this.directory = directory;
    this.output = output;
    this.secretPart = secretPart;
  }

  /**
   * Without a repository.
   *
   * @param directory where it runs
   * @param remote whose user and password are left out of what it says
   */
  static GitProgram in(Path directory, String remote, Requester.Output output) {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin"));
    environment.put("HOME", "/dev/null");
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.put("GIT_TERMINAL_PROMPT", "0");
    environment.put("GIT_ASKPASS", "/bin/false");
    environment.put("GIT_ALLOW_PROTOCOL", REMOTE_PROTOCOLS);
    environment.put("LC_ALL", "C");
    for (String proxy : PROXIES) {
      Optional.ofNullable(System.getenv(proxy)).ifPresent(value -> environment.put(proxy, value));
    }
    return new GitProgram(Map.copyOf(environment), OPTIONS, directory, output, userPart(remote));
  }

  private static Optional<String> userPart(String remote) {
    int begin = remote.indexOf("://");
    int at = remote.indexOf('@', begin + 3);
    int slash = remote.indexOf('/', begin + 3);
    return begin < 0 || at < 0 || slash >= 0 && at > slash
        ? Optional.empty()
        : Optional.of(remote.substring(begin + 3, at + 1));
  }

  /** With a variable of its environment. */
  GitProgram with(String variable, String value) {
    Map<String, String> more = new HashMap<>(environment);
    more.put(variable, value);
    return new GitProgram(Map.copyOf(more), options, directory, output, secretPart);
  }

  /** With a setting that is nobody's to see. */
  GitProgram withSecretSetting(String key, String value) {
    return with("GIT_CONFIG_COUNT", "1")
        .with("GIT_CONFIG_KEY_0", key)
        .with("GIT_CONFIG_VALUE_0", value);
  }

  /** With options before the command. */
  GitProgram withOptions(String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return new GitProgram(environment, List.copyOf(all), directory, output, secretPart);
  }

  /** In another directory. */
  GitProgram at(Path other) {
    return new GitProgram(environment, options, other, output, secretPart);
  }

  /** With nobody hearing what it prints. */
  GitProgram quiet() {
    return new GitProgram(environment, options, directory, Requester.Output.NONE, secretPart);
  }

  /** Allowed to read repositories of this machine: one that this process has made itself. */
  GitProgram withFiles() {
    return with("GIT_ALLOW_PROTOCOL", REMOTE_PROTOCOLS + ":file");
  }

  /** Runs the command and returns what it printed, whitespace at the end left out. */
  String text(String... command) throws SlipwayException, InterruptedException {
    return new String(run(command), StandardCharsets.UTF_8).stripTrailing();
  }

  /** Whether the command ends well. */
  boolean succeeds(String... command) throws SlipwayException, InterruptedException {
    try {
      quiet().run(command);
      return true;
    } catch (GitFailure e) {
      return false;
    }
  }

  /**
   * Runs the command and returns what it printed.
   *
   * @throws SlipwayException {@link GitFailure} when it ended badly, EXHAUSTED when it printed too
   *     much or took too long
   */
  byte[] run(String... command) throws SlipwayException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.addAll(
        List.of(
            "/bin/sh", "-c", "umask 022; ulimit -f " + FILE_LIMIT + "; exec git \"$@\"", "git"));
    line.addAll(options);
    line.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL, "git could not be started: " + e.getMessage(), e);
    }
    Reader printed = Reader.start(process.getInputStream(), MOST_OUTPUT, bytes -> print(1, bytes));
    Reader said = Reader.start(process.getErrorStream(), MOST_WORDS, bytes -> print(2, bytes));
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED,
            "git " + command[0] + " was ended: it ran for " + PATIENCE.toMinutes() + " minutes");
      }
      printed.thread.join();
      said.thread.join();
    } finally {
      end(process);
    }
    String words = redact(said.text());
    if (process.exitValue() != 0) {
      throw new GitFailure(words, process.exitValue());
    }
    if (printed.overflowed) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "git " + command[0] + " printed more than " + MOST_OUTPUT + " bytes");
    }
    return printed.kept.toByteArray();
  }

  private void print(int stream, byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    output.print(
        stream, secretPart.isEmpty() ? bytes : redact(text).getBytes(StandardCharsets.UTF_8));
  }

  private String redact(String text) {
    return secretPart.map(part -> text.replace(part, "xxxxx:xxxxx@")).orElse(text);
  }

  /** Its helpers, which inherit its pipes, go with it. */
  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Keeps the beginning of a stream and reads all of it. */
  private static final class Reader {
    final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    Thread thread;
    volatile boolean overflowed;

    static Reader start(InputStream in, int limit, java.util.function.Consumer<byte[]> hears) {
      Reader reader = new Reader();
      reader.thread = Thread.startVirtualThread(() -> reader.read(in, limit, hears));
      return reader;
    }

    private void read(InputStream in, int limit, java.util.function.Consumer<byte[]> hears) {
      byte[] buffer = new byte[8192];
      try (in) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          byte[] chunk = java.util.Arrays.copyOf(buffer, count);
          hears.accept(chunk);
          int room = Math.min(count, limit - kept.size());
          kept.write(chunk, 0, room);
          overflowed |= room < count;
        }
      } catch (IOException e) {
        // The process was ended: what it has said until then is what there is.
      }
    }

    String text() {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
