package dev.slipway.routing;

import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes calls on to the coordinator that owns their session or build, as it happens when a load
 * balancer spreads a client's calls. A session stays where it was opened; a build goes to its
 * session; the calls of a build go to the build. Blocks the call's own thread, a virtual one, while
 * nobody has it yet: clients start all of them at once.
 */
final class RoutedCalls implements ServerInterceptor {
  private static final Logger log = LoggerFactory.getLogger(RoutedCalls.class);

  private static final String SOLVE = ControlGrpc.getSolveMethod().getFullMethodName();
  private static final Set<String> BY_REQUEST =
      Set.of(SOLVE, ControlGrpc.getStatusMethod().getFullMethodName());

  /**
   * As long as the build itself would wait for its session, the progress and the frontend's calls
   * for the build.
   */
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private static final Duration STATUS_PATIENCE = Duration.ofSeconds(6);
  private static final Duration GATEWAY_PATIENCE = Duration.ofSeconds(3);

  private final Owners owners;
  private final Coordinators coordinators;
  private final Runnable forwarded;

  /**
   * @param forwarded told of each call that is passed on
   */
  RoutedCalls(Owners owners, Coordinators coordinators, Runnable forwarded) {
    this.owners = owners;
    this.coordinators = coordinators;
    this.forwarded = forwarded;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (BY_REQUEST.contains(call.getMethodDescriptor().getFullMethodName())) {
      call.request(2); // of a second message the handler would have to hear
      return new Undecided<>(call, headers, next);
    }
    if (LLBBridgeGrpc.SERVICE_NAME.equals(call.getMethodDescriptor().getServiceName())) {
      Optional<Owned> build = Owned.calledBuild(headers);
      if (build.isPresent()) {
        return new Route<>(call, headers, next, build.get()).follow(GATEWAY_PATIENCE, false);
      }
    }
    return next.startCall(call, headers);
  }

  /** One call on its way. */
  private final class Route<Q, A> {
    private final ServerCall<Q, A> call;
    private final Metadata headers;
    private final ServerCallHandler<Q, A> next;
    private final Owned owned;

    Route(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next, Owned owned) {
      this.call = call;
      this.headers = headers;
      this.next = next;
      this.owned = owned;
    }

    /**
     * Starts the call where it belongs, or ends it.
     *
     * @param requested whether the client's messages have been asked for already
     */
    ServerCall.Listener<Q> follow(Duration patience, boolean requested) {
      Place place;
      try {
        place = owners.find(owned, patience, call::isCancelled);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return refuse(Status.CANCELLED.withDescription("the coordinator is stopping"));
      }
      return switch (place) {
        case Place.Here _ -> here(requested);
        case Place.There(var owner) -> there(owner, requested);
        case Place.Lost(var id) ->
            refuse(
                Status.UNAVAILABLE.withDescription(
                    "coordinator "
                        + id
                        + " had "
                        + owned.words()
                        + " and has left the farm: start the build again"));
        case Place.Nowhere _ ->
            call.getMethodDescriptor().getFullMethodName().equals(SOLVE)
                ? here(requested) // it may do without its session, and says best what it lacks
                : refuse(
                    Status.NOT_FOUND.withDescription(
                        "no such job " + owned.key().substring(owned.key().indexOf(':') + 1)));
      };
    }

    private ServerCall.Listener<Q> here(boolean requested) {
      return next.startCall(requested ? new Requested<>(call) : call, headers);
    }

    private ServerCall.Listener<Q> there(CoordinatorRecord owner, boolean requested) {
      ManagedChannel channel;
      try {
        channel = coordinators.channel(owner.id());
      } catch (SlipwayException e) {
        return refuse(Status.UNAVAILABLE.withDescription(e.getMessage()));
      }
      log.atDebug()
          .addKeyValue("call", call.getMethodDescriptor().getBareMethodName())
          .addKeyValue("of", owned.words())
          .addKeyValue("owner", owner.workersAddress())
          .log("call passed on");
      forwarded.run();
      ProxiedCall<Q, A> proxied =
          ProxiedCall.start(
              call, headers, channel, (status, trailers) -> outcome(status, trailers, owner));
      if (!requested) {
        proxied.begin();
      }
      return proxied;
    }

    /** A connection that breaks between coordinators tells the client's user nothing. */
    private Status outcome(Status status, Metadata trailers, CoordinatorRecord owner) {
      boolean broken =
          (status.getCode() == Status.Code.UNAVAILABLE || status.getCode() == Status.Code.CANCELLED)
              && trailers.keys().isEmpty(); // what the owner itself says has some
      return broken
          ? Status.UNAVAILABLE.withDescription(
              "coordinator "
                  + owner.workersAddress()
                  + ", which has "
                  + owned.words()
                  + ", cannot be reached any more ("
                  + (status.getDescription() == null ? status.getCode() : status.getDescription())
                  + "): start the build again")
          : status;
    }

    private ServerCall.Listener<Q> refuse(Status status) {
      if (!call.isCancelled()) {
        call.close(status, new Metadata());
      }
      return new ServerCall.Listener<>() {};
    }
  }

  /** A call of one request, which says where it belongs. */
  private final class Undecided<Q, A> extends ServerCall.Listener<Q> {
    private final ServerCall<Q, A> call;
    private final Metadata headers;
    private final ServerCallHandler<Q, A> next;
    private @Nullable Q request;
    private ServerCall.@Nullable Listener<Q> decided;

    Undecided(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      this.call = call;
      this.headers = headers;
      this.next = next;
    }

    @Override
    public void onMessage(Q message) {
      if (request != null) {
        call.close(Status.INTERNAL.withDescription("too many requests"), new Metadata());
        decided = new ServerCall.Listener<>() {};
        return;
      }
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (decided != null) {
        return;
      }
      Q message = request;
      decided = message == null ? next.startCall(new Requested<>(call), headers) : decide(message);
      if (call.isReady()) {
        decided.onReady();
      }
      if (message != null) {
        decided.onMessage(message);
      }
      decided.onHalfClose();
    }

    private ServerCall.Listener<Q> decide(Q message) {
      Optional<Owned> owned =
          switch (message) {
            case SolveRequest solve -> Owned.session(solve.getSession());
            case StatusRequest status -> Owned.build(status.getRef());
            default -> Optional.empty();
          };
      return owned.isEmpty()
          ? next.startCall(new Requested<>(call), headers)
          : new Route<>(call, headers, next, owned.get())
              .follow(message instanceof SolveRequest ? SESSION_PATIENCE : STATUS_PATIENCE, true);
    }

    @Override
    public void onReady() {
      if (decided != null) {
        decided.onReady();
      }
    }

    @Override
    public void onCancel() {
      if (decided != null) {
        decided.onCancel();
      }
    }

    @Override
    public void onComplete() {
      if (decided != null) {
        decided.onComplete();
      }
    }
  }
}
