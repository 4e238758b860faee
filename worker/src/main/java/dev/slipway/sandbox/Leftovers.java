package dev.slipway.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a step leaves running where it has no process namespace that would end with it. All its
 * processes are in its container's mount namespace, which none of them can leave or share: a hook
 * of the runtime notes the namespace before the step's own program begins.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /** A killed process is gone at once; longer means one that is stuck in the kernel. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** OCI runtime-spec, State: what a hook reads. Its first process is in the new namespaces. */
  private static final String NOTE =
      "read -r state; pid=${state#*\\\"pid\\\":}; pid=${pid%%[,\\}]*}; exec readlink \"/proc/$pid/ns/mnt\" >\"$1\"";

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  private final Path note;
  private final Path firstProcess;

  /**
   * @param bundle of the container
   * @param firstProcess file in which the runtime writes the id of the container's first process
   */
  Leftovers(Path bundle, Path firstProcess) {
    this.note = bundle.resolve("mount-namespace");
    this.firstProcess = firstProcess;
  }

  /** Has the runtime note the container's namespace. OCI runtime-spec v1.0.2, createRuntime. */
  void watch(ObjectNode config) {
    config
        .putObject("hooks")
        .putArray("createRuntime")
        .addObject()
        .put("path", "/bin/sh")
        .set("args", BundleSpec.strings(List.of("sh", "-c", NOTE, "sh", note.toString())));
  }

  /**
   * Ends what the first process left as soon as that has ended, since some runtimes wait for it;
   * returns when the runtime has ended.
   */
  void endWithTheFirst(Process runtime) throws IOException, InterruptedException {
    while (!runtime.waitFor(BETWEEN_LOOKS)) {
      if (firstHasEnded()) {
        end();
      }
    }
  }

  private boolean firstHasEnded() throws IOException {
    String pid = Files.exists(firstProcess) ? Files.readString(firstProcess).strip() : "";
    return !pid.isEmpty()
        && ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isEmpty();
  }

  /** Kills until nothing is left: what is killed may have made another process just before. */
  void end() throws IOException, InterruptedException {
    if (!Files.exists(note)) {
      return; // no process was started
    }
    String namespace = Files.readString(note).strip();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!namespace.isEmpty()) {
      List<ProcessHandle> left =
          ProcessHandle.allProcesses().filter(process -> isIn(process, namespace)).toList();
      if (left.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        LOG.atError()
            .addKeyValue("processes", left.size())
            .log("what a step left running does not end");
        return;
      }
      left.forEach(ProcessHandle::destroyForcibly);
      Thread.sleep(2);
    }
  }

  /** A process that has ended has no namespaces. */
  private static boolean isIn(ProcessHandle process, String namespace) {
    return namespace(process).filter(namespace::equals).isPresent();
  }

  private static Optional<String> namespace(ProcessHandle process) {
    try {
      return Optional.of(
          Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "ns/mnt"))
              .toString());
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
