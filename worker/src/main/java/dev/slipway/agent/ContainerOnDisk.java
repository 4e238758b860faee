package dev.slipway.agent;

import dev.slipway.error.ErrorKind;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.Holds;
import dev.slipway.protocol.worker.ContainerFailed;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.OpenContainer;
import java.util.Optional;

/** Runs a container with room on the disk before it and its layers held while it lasts. */
final class ContainerOnDisk {
  private ContainerOnDisk() {}

  /** What runs the container. */
  interface Body {
    void run(AttachedLine line);
  }

  static void run(
      OpenContainer open, DiskKeeper disk, Holds.Link holds, AttachedLine line, Body body) {
    try (Holds.Stage _ = holds.stage(open.getBuildId(), StageOnDisk.inputs(open.getStep()))) {
      Optional<String> refusal = disk.admit();
      if (refusal.isPresent()) {
        refuse(line, refusal.get());
        return;
      }
      body.run(line);
      line.close();
    } catch (InterruptedException _) {
      line.drop();
      line.close();
    } finally {
      disk.stageEnded();
    }
  }

  static void refuse(AttachedLine line, String reason) {
    line.send(
        ContainerReport.newBuilder()
            .setFailed(
                ContainerFailed.newBuilder()
                    .setMessage(reason)
                    .setErrorKind(ErrorKind.UNAVAILABLE.name()))
            .build());
    line.close();
  }
}
