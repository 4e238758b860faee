package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.solve.BuildContext;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The exporters of a farm. @ThreadSafe */
public final class FarmExporters implements Exporters, AutoCloseable {
  private final ExportParts parts;
  private final BlobTransfer transfer;
  private final RootSpool roots;
  private final Map<String, Exporter> byType = new TreeMap<>();

  /** Takes the scratch directory over: what is left in it goes. */
  public FarmExporters(ExportParts parts) throws IOException {
    Scratch.clear(parts.scratch());
    this.parts = parts;
    this.transfer = new BlobTransfer(RetryPolicy.DEFAULT, Optional.empty(), parts.tls());
    this.roots = new RootSpool(parts);
    for (Exporter exporter :
        List.of(
            new ImageExporter(parts, transfer),
            new ArchiveExporter("oci", parts, transfer),
            new ArchiveExporter("docker", parts, transfer),
            new LocalExporter(parts, roots),
            new TarExporter(parts, roots))) {
      byType.put(exporter.type(), exporter);
    }
  }

  @Override
  public PreparedExport prepare(Request request) throws SlipwayException {
    Exporter exporter = byType.get(request.type());
    if (exporter == null) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "exporter \"" + request.type() + "\" could not be found");
    }
    return exporter.prepare(
        new Exporter.Order(request.id(), request.attributes(), request.compatibility()));
  }

  @Override
  public Map<String, String> run(PreparedExport export, ExportSource source, BuildContext build)
      throws SlipwayException, InterruptedException {
    String owner = build.sessionId().isEmpty() ? build.buildId() : build.sessionId();
    ExportProgress progress =
        new ExportProgress(
            build.progress(), parts.clock(), owner + "-export-" + export.id(), export.title());
    String failure = "context canceled";
    try {
      Map<String, String> response = export.run(source, build, progress);
      failure = "";
      return response;
    } catch (SlipwayException e) {
      failure = e.getMessage();
      throw e;
    } finally {
      if (failure.isEmpty()) {
        progress.completed();
      } else {
        progress.failed(failure);
      }
    }
  }

  @Override
  public void close() {
    roots.close();
    transfer.close();
  }
}
