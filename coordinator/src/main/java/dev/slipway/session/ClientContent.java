package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.content.ContentGrpc;
import dev.slipway.protocol.buildkit.content.InfoRequest;
import dev.slipway.protocol.buildkit.content.ReadContentRequest;
import dev.slipway.protocol.buildkit.content.ReadContentResponse;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A content store that a client serves: blobs by digest, read only. A client of several tells them
 * apart by a header. Nothing is verified here. @ThreadSafe
 */
public final class ClientContent {
  private static final Metadata.Key<String> STORE =
      Metadata.Key.of("buildkit-attachable-store-id", Metadata.ASCII_STRING_MARSHALLER);

  /** A client looks at one file of its disk. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Bytes of one message; containerd's proxies send 1 MiB. */
  private static final int MAXIMUM_MESSAGE = 4 << 20;

  private final Session session;
  private final String store;

  /**
   * @param store id of the store: {@code oci:name} of a layout
   */
  public ClientContent(Session session, String store) {
    this.session = session;
    this.store = store;
  }

  /** Bytes of the blob. @throws SlipwayException NOT_FOUND when the store has none */
  public long size(Digest blob) throws SlipwayException, InterruptedException {
    String what = "asking the client's store " + store + " for blob " + blob;
    try {
      return ContentGrpc.newBlockingStub(session.channel())
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .info(InfoRequest.newBuilder().setDigest(blob.value()).build())
          .getInfo()
          .getSize();
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.INVALID);
    }
  }

  /** Opens the blob; whoever reads it closes it. */
  public InputStream open(Digest blob) {
    BlockingClientCall<?, ReadContentResponse> call =
        ContentGrpc.newBlockingV2Stub(session.channel())
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
            .withMaxInboundMessageSize(MAXIMUM_MESSAGE)
            .read(ReadContentRequest.newBuilder().setDigest(blob.value()).build());
    return new ClientStream<>(
        session,
        "reading blob " + blob + " of the client's store " + store,
        call,
        ReadContentResponse::getData);
  }

  private Metadata headers() {
    Metadata headers = new Metadata();
    headers.put(STORE, store);
    return headers;
  }
}
