package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.session.ClientTargets;
import java.util.Map;

/** The files of the results as a tar for the client, those of each platform in a directory. */
final class TarExporter extends FilesExporter {
  TarExporter(ExportParts parts, RootSpool spool) {
    super("tar", "exporting to client tarball", parts, spool);
  }

  @Override
  boolean splits(TreeAttributes attributes, ExportSource source) {
    return source.isMap();
  }

  @Override
  void send(Delivery delivery, ClientTargets targets, ExportProgress progress)
      throws SlipwayException, InterruptedException {
    RootTar tar = new RootTar(delivery.roots());
    progress.during("sending tarball", () -> targets.file(delivery.id(), Map.of(), tar::writeTo));
  }
}
