package dev.slipway.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * The worker's id, made once and kept on its disk: what the farm knows about its layers survives a
 * restart.
 */
public final class WorkerIdentity {
  private WorkerIdentity() {}

  /** Reads the id, or makes one. */
  public static String of(Path root) throws IOException {
    Path file = root.resolve("worker-id");
    if (Files.exists(file)) {
      String id = Files.readString(file).strip();
      if (id.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
        return id;
      }
    }
    String id = "w-" + UUID.randomUUID();
    Path fresh = root.resolve("worker-id.new");
    Files.writeString(fresh, id + "\n");
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return id;
  }
}
