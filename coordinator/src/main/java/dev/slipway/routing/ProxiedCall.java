package dev.slipway.routing;

import dev.slipway.identity.CallerHeader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A client's call, passed on to another server as it is: headers, messages, half-close, cancel and
 * deadline there; headers, messages, status and trailers back. Each side is read only as fast as
 * the other takes it. gRPC calls the two listeners one by one each, the two of them side by side.
 */
final class ProxiedCall<Q, A> extends ServerCall.Listener<Q> {
  /** Of the hop itself, not of the call. */
  private static final Metadata.Key<String> JOIN_TOKEN =
      Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);

  private final ServerCall<Q, A> client;
  private final ClientCall<Q, A> owner;
  private final Outcome outcome;

  /** Set while the client's next message waits until the owner takes more, and vice versa. */
  private final AtomicBoolean clientHeld = new AtomicBoolean();

  private final AtomicBoolean ownerHeld = new AtomicBoolean();

  /** What the client is told for the status that the call ended with. */
  interface Outcome {
    Status of(Status status, Metadata trailers);
  }

  private ProxiedCall(ServerCall<Q, A> client, ClientCall<Q, A> owner, Outcome outcome) {
    this.client = client;
    this.owner = owner;
    this.outcome = outcome;
  }

  /**
   * Starts the call at the owner, within the context of the client's, whose deadline it gets.
   *
   * @param outcome what the client is told
   * @return where the client's messages go; the first was not asked for yet
   */
  static <Q, A> ProxiedCall<Q, A> start(
      ServerCall<Q, A> client, Metadata headers, Channel channel, Outcome outcome) {
    ClientCall<Q, A> owner = channel.newCall(client.getMethodDescriptor(), CallOptions.DEFAULT);
    ProxiedCall<Q, A> call = new ProxiedCall<>(client, owner, outcome);
    Metadata passed = new Metadata();
    passed.merge(headers);
    passed.discardAll(JOIN_TOKEN);
    CallerHeader.write(passed);
    owner.start(call.new Answers(), passed);
    owner.request(1);
    return call;
  }

  /** Asks the client for its first message. */
  void begin() {
    client.request(1);
  }

  @Override
  public void onMessage(Q message) {
    owner.sendMessage(message);
    if (owner.isReady()) {
      client.request(1);
      return;
    }
    clientHeld.set(true);
    if (owner.isReady()) { // since the first look, and its listener saw no flag then
      resumeClient();
    }
  }

  @Override
  public void onHalfClose() {
    owner.halfClose();
  }

  @Override
  public void onCancel() {
    owner.cancel("the client ended the call", null);
  }

  @Override
  public void onReady() {
    resumeOwner();
  }

  private void resumeClient() {
    if (clientHeld.compareAndSet(true, false)) {
      client.request(1);
    }
  }

  private void resumeOwner() {
    if (ownerHeld.compareAndSet(true, false)) {
      owner.request(1);
    }
  }

  private final class Answers extends ClientCall.Listener<A> {
    @Override
    public void onHeaders(Metadata headers) {
      client.sendHeaders(headers);
    }

    @Override
    public void onMessage(A message) {
      client.sendMessage(message);
      if (client.isReady()) {
        owner.request(1);
        return;
      }
      ownerHeld.set(true);
      if (client.isReady()) {
        resumeOwner();
      }
    }

    @Override
    public void onReady() {
      resumeClient();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!client.isCancelled()) {
        client.close(outcome.of(status, trailers), trailers);
      }
    }
  }
}
