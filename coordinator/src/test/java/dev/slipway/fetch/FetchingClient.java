package dev.slipway.fetch;

import com.google.protobuf.ByteString;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Rights;
import dev.slipway.protocol.ByteCall;
import dev.slipway.registry.Authenticator;
import dev.slipway.session.ClientTargets;
import dev.slipway.session.SecretValue;
import dev.slipway.session.Session;
import io.grpc.Channel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** A client with secrets and nothing else, on whose behalf tests fetch. */
public final class FetchingClient implements Session {
  /** Its secrets, by id. */
  public final Map<String, String> secrets = new HashMap<>();

  /** A build of the client's. */
  public Requester build(String id) {
    return new Requester(
        id, "session", Rights.of("tenant"), (_, _, _) -> this, Requester.Output.NONE);
  }

  @Override
  public Optional<SecretValue> secret(String id) {
    return Optional.ofNullable(secrets.get(id))
        .map(value -> new SecretValue(ByteString.copyFromUtf8(value)));
  }

  @Override
  public ClientTargets targets() {
    throw new UnsupportedOperationException("nothing is exported to this client");
  }

  @Override
  public void checkAgent(String id) throws SlipwayException {
    throw new SlipwayException(
        ErrorKind.NOT_FOUND, "no SSH key \"default\" forwarded from the client");
  }

  @Override
  public ByteCall<?, ?> connectAgent(String id) {
    throw new UnsupportedOperationException("the client shares no agent");
  }

  @Override
  public String id() {
    return "session";
  }

  @Override
  public String sharedKey() {
    return "";
  }

  @Override
  public boolean supports(String method) {
    return false;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void onClose(Runnable action) {}

  @Override
  public ContextTree receive(LocalRequest request, LongConsumer received) throws SlipwayException {
    throw new SlipwayException(ErrorKind.INVALID, "the client has no directories");
  }

  @Override
  public Authenticator authenticator() {
    return Authenticator.ANONYMOUS;
  }

  @Override
  public Channel channel() {
    throw new IllegalStateException("the client serves nothing");
  }
}
