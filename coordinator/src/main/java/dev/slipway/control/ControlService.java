package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageExporter;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.DiskUsageRequest;
import dev.slipway.protocol.buildkit.control.DiskUsageResponse;
import dev.slipway.protocol.buildkit.control.InfoRequest;
import dev.slipway.protocol.buildkit.control.InfoResponse;
import dev.slipway.protocol.buildkit.control.ListWorkersRequest;
import dev.slipway.protocol.buildkit.control.ListWorkersResponse;
import dev.slipway.protocol.buildkit.control.PruneRequest;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.SolveResponse;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import dev.slipway.telemetry.Meters;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * BuildKit's Control service. History is not served: its calls stay UNIMPLEMENTED, which clients
 * understand. docs/protocol.md#control.
 */
public final class ControlService extends ControlGrpc.ControlImplBase {
  private final Parts parts;
  private final BuildRun builds;

  /**
   * @param entitlements what builds may ask for
   */
  public record Parts(
      BuildJobs jobs,
      GatewayParts gateway,
      ImageExporter exporter,
      WorkerRecords workers,
      FarmDisk disk,
      SessionEndpoint sessions,
      Set<String> entitlements,
      Meters meters,
      Duration buildTimeout) {
    public Parts {
      entitlements = Set.copyOf(entitlements);
    }
  }

  public ControlService(Parts parts) {
    this.parts = parts;
    this.builds =
        new BuildRun(
            parts.jobs(), parts.gateway(), parts.exporter(), parts.meters(), parts.buildTimeout());
  }

  @Override
  public void info(InfoRequest request, StreamObserver<InfoResponse> client) {
    client.onNext(InfoResponse.newBuilder().setBuildkitVersion(WorkerRecords.VERSION).build());
    client.onCompleted();
  }

  @Override
  public void listWorkers(ListWorkersRequest request, StreamObserver<ListWorkersResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          if (request.getFilterCount() > 0) {
            throw new SlipwayException(
                ErrorKind.UNSUPPORTED,
                "filtering workers is not supported yet: " + request.getFilter(0));
          }
          return ListWorkersResponse.newBuilder().addAllRecord(parts.workers().list()).build();
        });
  }

  @Override
  public StreamObserver<BytesMessage> session(StreamObserver<BytesMessage> client) {
    return parts.sessions().open(CallHeaders.current(), client);
  }

  @Override
  public void solve(SolveRequest request, StreamObserver<SolveResponse> client) {
    UnaryCall.answer(
        client,
        () ->
            SolveResponse.newBuilder()
                .putAllExporterResponse(
                    builds.run(Order.of(request, parts.entitlements()), CallHeaders.caller()))
                .build());
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
    StatusStream.start(
        parts.jobs(), request.getRef(), (ServerCallStreamObserver<StatusResponse>) client);
  }

  @Override
  public void diskUsage(DiskUsageRequest request, StreamObserver<DiskUsageResponse> client) {
    UnaryCall.answer(
        client,
        () -> DiskUsageResponse.newBuilder().addAllRecord(parts.disk().usage(request)).build());
  }

  @Override
  public void prune(PruneRequest request, StreamObserver<UsageRecord> client) {
    Caller caller = CallHeaders.caller();
    LongAdder records = new LongAdder();
    LongAdder bytes = new LongAdder();
    UnaryCall.stream(
        client,
        () -> {
          try {
            parts
                .disk()
                .prune(
                    request,
                    record -> {
                      records.increment();
                      bytes.add(record.getSize());
                      client.onNext(record);
                    });
          } finally {
            Audit.by(caller)
                .addKeyValue("all", request.getAll())
                .addKeyValue("filters", request.getFilterList())
                .addKeyValue("records", records.sum())
                .addKeyValue("bytes", bytes.sum())
                .log("pruned");
          }
        });
  }
}
