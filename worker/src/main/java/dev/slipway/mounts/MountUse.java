package dev.slipway.mounts;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A cache mount in the hands of one step. What was written stays whatever becomes of the step.
 * Owned by one thread; closing twice is allowed.
 */
public interface MountUse extends AutoCloseable {
  /** The directory to mount. */
  Path directory();

  /** Gives it back; the copy is newer than all that the farm knew. Empty when it was read only. */
  Optional<MountRecord> finish();

  /** Gives it back with its version as it was: nobody will hear of this use. */
  @Override
  void close();
}
