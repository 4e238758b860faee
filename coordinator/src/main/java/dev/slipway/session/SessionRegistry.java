package dev.slipway.session;

import dev.slipway.context.ContextStore;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sessions and knows the open ones. @ThreadSafe; its monitor guards the map. */
public final class SessionRegistry implements Sessions, AutoCloseable {
  /** Every build has one; beyond this somebody opens them for their own sake. */
  private static final int MAXIMUM_SESSIONS = 10_000;

  /** They only move bytes and parse messages. */
  private static final int EVENT_LOOPS = 2;

  private static final long SHUTDOWN_QUIET_MILLIS = 100;
  private static final long SHUTDOWN_MILLIS = 2_000;

  private static final Logger log = LoggerFactory.getLogger(SessionRegistry.class);

  private final ContextStore store;
  private final HealthPolicy health;
  private final TokenSalt salt = TokenSalt.random();
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          EVENT_LOOPS,
          new DefaultThreadFactory("session-tunnel", true),
          LocalIoHandler.newFactory());

  /** Guarded by this. */
  private final Map<String, TunnelSession> open = new HashMap<>();

  private boolean closed;

  private final LongAdder opened = new LongAdder();

  public SessionRegistry(ContextStore store, HealthPolicy health) {
    this.store = store;
    this.health = health;
  }

  /** Sessions that were opened since the start. */
  public long opened() {
    return opened.sum();
  }

  /**
   * Opens a session; call it inside the handler of {@code Control.Session}, with the observer that
   * gRPC gave. Does not block.
   *
   * @param owner who may use it
   * @return where the client's messages go
   */
  public StreamObserver<BytesMessage> open(
      Principal owner, Metadata headers, StreamObserver<BytesMessage> client) {
    SessionHeaders asked;
    try {
      asked = SessionHeaders.of(headers);
    } catch (IllegalArgumentException e) {
      return refuse(client, Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
    }
    TunnelSession session;
    synchronized (this) {
      if (closed) {
        return refuse(
            client, Status.UNAVAILABLE.withDescription("the coordinator is shutting down"));
      }
      if (open.containsKey(asked.id())) {
        return refuse(
            client,
            Status.ALREADY_EXISTS.withDescription("session " + asked.id() + " is open already"));
      }
      if (open.size() >= MAXIMUM_SESSIONS) {
        return refuse(
            client,
            Status.RESOURCE_EXHAUSTED.withDescription(MAXIMUM_SESSIONS + " sessions are open"));
      }
      session =
          new TunnelSession(
              asked, owner, (ServerCallStreamObserver<BytesMessage>) client, group, store, salt);
      open.put(asked.id(), session);
      opened.increment();
      notifyAll();
    }
    session.onClose(() -> remove(session));
    session.watch(
        asked.healthTimeout().map(timeout -> new HealthPolicy(timeout, timeout, 1)).orElse(health));
    log.atInfo().addKeyValue("session", asked.id()).log("session opened");
    return session.fromClient();
  }

  @Override
  public Session await(Principal owner, String id, Duration patience)
      throws SlipwayException, InterruptedException {
    return tunnel(owner, id, patience);
  }

  /** Ends all sessions. */
  @Override
  public void close() {
    List<TunnelSession> sessions;
    synchronized (this) {
      closed = true;
      sessions = List.copyOf(open.values());
      notifyAll();
    }
    sessions.forEach(session -> session.close("the coordinator is shutting down"));
    // Both ends of a connection say goodbye on the loops first.
    group.shutdownGracefully(SHUTDOWN_QUIET_MILLIS, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized TunnelSession tunnel(Principal owner, String id, Duration patience)
      throws SlipwayException, InterruptedException {
    String wanted = id.substring(id.indexOf(':') + 1);
    if (wanted.isEmpty()) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "no active sessions");
    }
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Optional<TunnelSession> session =
          Optional.ofNullable(open.get(wanted))
              .filter(TunnelSession::isOpen)
              .filter(one -> one.owner().equals(owner));
      if (session.isPresent()) {
        return session.get();
      }
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0 || closed) {
        throw new SlipwayException(
            ErrorKind.UNAVAILABLE,
            "no active session for " + wanted + ": context deadline exceeded");
      }
      wait(left);
    }
  }

  /** Sessions that are open now. */
  public synchronized int count() {
    return open.size();
  }

  private synchronized void remove(TunnelSession session) {
    open.remove(session.id(), session);
  }

  private static StreamObserver<BytesMessage> refuse(
      StreamObserver<BytesMessage> client, Status status) {
    client.onError(status.asRuntimeException());
    return new StreamObserver<>() {
      @Override
      public void onNext(BytesMessage message) {
        // The call has ended; what was on its way has no reader.
      }

      @Override
      public void onError(Throwable error) {
        // The call has ended.
      }

      @Override
      public void onCompleted() {
        // The call has ended.
      }
    };
  }
}
