package dev.slipway.session;

import dev.slipway.protocol.buildkit.upload.BytesMessage;
import dev.slipway.protocol.buildkit.upload.UploadGrpc;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.InputStream;
import java.net.URI;

/** Streams that a client offers under a name: a build context on its standard input. */
public final class ClientUploads {
  /** The host of the URLs that mean an upload. */
  public static final String HOST = "buildkit-session";

  private static final Metadata.Key<String> PATH =
      Metadata.Key.of("urlpath", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> URL_HOST =
      Metadata.Key.of("urlhost", Metadata.ASCII_STRING_MARSHALLER);

  /** Bytes of one message; known clients send 32 KiB. */
  private static final int MAXIMUM_MESSAGE = 4 << 20;

  private ClientUploads() {}

  /** Opens what the client offers at the URL; it can be read once. Whoever reads it closes it. */
  public static InputStream open(Session session, URI url) {
    Metadata headers = new Metadata();
    headers.put(PATH, url.getPath());
    headers.put(URL_HOST, HOST);
    return new ClientStream<>(
        session,
        "receiving " + url,
        UploadGrpc.newBlockingV2Stub(session.channel())
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .withMaxInboundMessageSize(MAXIMUM_MESSAGE)
            .pull(),
        BytesMessage::getData);
  }
}
