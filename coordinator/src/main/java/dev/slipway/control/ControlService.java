package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Subject;
import dev.slipway.export.Exporters;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.identity.Caller;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Tenants;
import dev.slipway.protocol.buildkit.control.BuildHistoryEvent;
import dev.slipway.protocol.buildkit.control.BuildHistoryRequest;
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
import dev.slipway.tracing.Tracing;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

/**
 * BuildKit's Control service. History is not served: its calls stay UNIMPLEMENTED, which clients
 * understand. docs/protocol.md#control.
 */
public final class ControlService extends ControlGrpc.ControlImplBase {
  private static final String HISTORY_PROBE = "buildx-test-history-api-feature";

  private final Parts parts;
  private final BuildRun builds;

  /**
   * @param tenants what builds may do
   * @param begun hears of each build before its first solve
   */
  public record Parts(
      BuildJobs jobs,
      GatewayParts gateway,
      Exporters exporters,
      WorkerRecords workers,
      FarmDisk disk,
      SessionEndpoint sessions,
      Tenants tenants,
      BiConsumer<String, Subject> begun,
      Meters meters,
      Tracing tracing,
      Duration buildTimeout) {}

  public ControlService(Parts parts) {
    this.parts = parts;
    this.builds =
        new BuildRun(
            parts.jobs(),
            parts.gateway(),
            parts.exporters(),
            parts.begun(),
            parts.meters(),
            parts.tracing(),
            parts.buildTimeout());
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
    return parts.sessions().open(Caller.current().principal(), CallHeaders.current(), client);
  }

  @Override
  public void solve(SolveRequest request, StreamObserver<SolveResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          Caller caller = Caller.current();
          Order order = Order.of(request, parts.tenants().rights(caller.principal()));
          return SolveResponse.newBuilder()
              .putAllExporterResponse(builds.run(order, caller))
              .build();
        });
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
    StatusStream.start(
        parts.jobs(),
        Caller.current().principal(),
        request.getRef(),
        (ServerCallStreamObserver<StatusResponse>) client);
  }

  /**
   * Of builds that have ended nothing is kept for clients, so a list is empty. It cannot be
   * listened to; and buildx, which asks once for a build of this name whether there is a history,
   * is told that there is none: else it would read provenance after each build, and fail without
   * it.
   */
  @Override
  public void listenBuildHistory(
      BuildHistoryRequest request, StreamObserver<BuildHistoryEvent> client) {
    if (request.getEarlyExit() && !request.getRef().equals(HISTORY_PROBE)) {
      client.onCompleted();
    } else {
      client.onError(
          Status.UNIMPLEMENTED
              .withDescription("a history of builds is not kept for clients")
              .asRuntimeException());
    }
  }

  @Override
  public void diskUsage(DiskUsageRequest request, StreamObserver<DiskUsageResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          requireAdmin("listing the cache (du)");
          return DiskUsageResponse.newBuilder().addAllRecord(parts.disk().usage(request)).build();
        });
  }

  @Override
  public void prune(PruneRequest request, StreamObserver<UsageRecord> client) {
    Caller caller = Caller.current();
    LongAdder records = new LongAdder();
    LongAdder bytes = new LongAdder();
    UnaryCall.stream(
        client,
        () -> {
          requireAdmin("pruning the cache");
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

  private static void requireAdmin(String what) throws SlipwayException {
    Principal caller = Caller.current().principal();
    if (!caller.isAdmin()) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          what + " takes the role admin, and " + caller.name() + " is " + caller.role().word());
    }
  }
}
