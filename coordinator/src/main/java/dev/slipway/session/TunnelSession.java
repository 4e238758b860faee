package dev.slipway.session;

import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.SharedKey;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.registry.Authenticator;
import io.grpc.Channel;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session over a {@link Tunnel}. @ThreadSafe; its monitor guards the state. */
final class TunnelSession implements Session {
  private static final String DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy";
  private static final Logger log = LoggerFactory.getLogger(TunnelSession.class);

  private final SessionHeaders headers;
  private final Principal owner;
  private final ContextStore store;
  private final Tunnel tunnel;
  private final Authenticator authenticator;
  private final ClientSecrets secrets;
  private final ClientAgents agents;

  /** Null once the session has ended and they were started. Guarded by this. */
  private @Nullable List<Runnable> closeActions = new ArrayList<>();

  /** Guarded by this. */
  private @Nullable Thread watch;

  TunnelSession(
      SessionHeaders headers,
      Principal owner,
      ServerCallStreamObserver<BytesMessage> client,
      EventLoopGroup group,
      ContextStore store,
      TokenSalt salt) {
    this.headers = headers;
    this.owner = owner;
    this.store = store;
    this.tunnel = new Tunnel(headers.id(), group, client, this::ended);
    this.authenticator = new ClientAuthenticator(this, salt);
    this.secrets = new ClientSecrets(this);
    this.agents = new ClientAgents(this);
  }

  @Override
  public String id() {
    return headers.id();
  }

  Principal owner() {
    return owner;
  }

  @Override
  public String sharedKey() {
    return headers.sharedKey();
  }

  @Override
  public boolean supports(String method) {
    return headers.methods().contains(method.toLowerCase(Locale.ROOT));
  }

  @Override
  public synchronized boolean isOpen() {
    return closeActions != null;
  }

  @Override
  public void onClose(Runnable action) {
    synchronized (this) {
      if (closeActions != null) {
        closeActions.add(action);
        return;
      }
    }
    Thread.startVirtualThread(action);
  }

  @Override
  public ContextTree receive(LocalRequest request, LongConsumer received)
      throws SlipwayException, InterruptedException {
    if (!supports(DIFF_COPY)) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "no local sources enabled: no access allowed to dir \"" + request.name() + "\"");
    }
    // A client without a key is alone: what it sent under the same name in another session may be
    // another directory. A key is the client's own word, so it counts among its principal's only:
    // whoever lists files as another's would get what the other sent.
    SharedKey key =
        new SharedKey(
            request.name(),
            request.sharedKeyHint() + (request.contentOnlyOf().isPresent() ? ":metadata" : ""),
            sharedKey().isEmpty() ? aloneOwner() : "client:" + owner + ":" + sharedKey());
    return new DirectoryReceiver(this, store, request, received).receive(key);
  }

  @Override
  public Authenticator authenticator() {
    return authenticator;
  }

  @Override
  public ClientTargets targets() {
    return new TunnelTargets(this);
  }

  @Override
  public Optional<SecretValue> secret(String id) throws SlipwayException, InterruptedException {
    return secrets.get(id);
  }

  @Override
  public void checkAgent(String id) throws SlipwayException, InterruptedException {
    agents.check(id);
  }

  @Override
  public ByteCall<?, ?> connectAgent(String id) {
    return agents.connect(id);
  }

  @Override
  public Channel channel() {
    return tunnel.channel();
  }

  StreamObserver<BytesMessage> fromClient() {
    return tunnel.fromClient();
  }

  /** Starts to ask the client whether it is there. */
  synchronized void watch(HealthPolicy policy) {
    if (closeActions != null) {
      watch =
          Thread.ofVirtual()
              .name("session-health")
              .start(new HealthWatch(id(), channel(), policy, this::close));
    }
  }

  void close(String reason) {
    tunnel.close(reason);
  }

  private void ended(String reason) {
    List<Runnable> actions;
    synchronized (this) {
      actions = closeActions == null ? List.of() : List.copyOf(closeActions);
      closeActions = null;
      if (watch != null) {
        watch.interrupt();
      }
    }
    log.atInfo().addKeyValue("session", id()).addKeyValue("reason", reason).log("session closed");
    actions.forEach(Thread::startVirtualThread);
    if (sharedKey().isEmpty()) {
      Thread.startVirtualThread(() -> store.forget(aloneOwner()));
    }
  }

  private String aloneOwner() {
    return "session:" + id();
  }
}
