package dev.slipway.progress;

import java.util.List;
import java.util.Optional;

/** The builds of this coordinator that are kept. @ThreadSafe */
public interface BuildArchive {
  /** Builds that run, then ended ones, newest first; clients' probes are left out. */
  List<BuildSummary> recent();

  /** Returns what is kept of the build with that ref. */
  Optional<BuildDetail> find(String id);
}
