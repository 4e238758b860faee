package dev.slipway.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.util.Optional;

/**
 * How one coordinator tells another who made a call that it passes on: JSON in a binary header.
 * Believed from coordinators only; a client's own is thrown away.
 */
public final class CallerHeader {
  private static final Metadata.Key<byte[]> KEY =
      Metadata.Key.of("slipway-caller-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** The records' own parts: what they answer besides (isAdmin) follows from these. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  private CallerHeader() {}

  /** Puts the current caller in the place of whatever stands there. */
  public static void write(Metadata headers) {
    headers.discardAll(KEY);
    try {
      headers.put(KEY, JSON.writeValueAsBytes(Caller.current()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts cannot be written", e);
    }
  }

  /** Takes it out of the headers; empty when there is none. */
  static Optional<Caller> take(Metadata headers) {
    byte[] bytes = headers.get(KEY);
    headers.discardAll(KEY);
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(bytes, Caller.class));
    } catch (IOException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("a coordinator named the caller in a way that cannot be read")
          .withCause(e)
          .asRuntimeException();
    }
  }
}
