package dev.slipway.certificates;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AsciiString;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before a gRPC server's HTTP/2 and speaks TLS. gRPC's own way insists on ALPN, which docker
 * buildx does not offer. Whoever is not let in gets a sentence ({@link RefusingHttp2}). @ThreadSafe
 */
public final class TlsFront implements InternalProtocolNegotiator.ProtocolNegotiator {
  private static final Logger log = LoggerFactory.getLogger(TlsFront.class);

  private static final AsciiString SCHEME = AsciiString.cached("https");
  private static final String PLAIN =
      "this endpoint speaks TLS and got plain text: give the caller its CA: ";

  /** What tells TLS from anything else. */
  private static final int RECORD_HEADER = 5;

  /** How long a client may take to read why it is refused. */
  private static final int LAST_WORDS_MILLIS = 1_000;

  private final Supplier<ServerTls> tls;
  private final Executor handshakes;
  private final boolean strangers;

  /**
   * @param tls asked at each new connection
   * @param handshakes runs what takes a processor long; never the event loop
   */
  public TlsFront(Supplier<ServerTls> tls, Executor handshakes) {
    this(tls, handshakes, false);
  }

  private TlsFront(Supplier<ServerTls> tls, Executor handshakes, boolean strangers) {
    this.tls = tls;
    this.handshakes = handshakes;
    this.strangers = strangers;
  }

  /** One that also lets those in who show no certificate; who shows one is judged. */
  static TlsFront withStrangers(Supplier<ServerTls> tls, Executor handshakes) {
    return new TlsFront(tls, handshakes, true);
  }

  @Override
  public AsciiString scheme() {
    return SCHEME;
  }

  @Override
  public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
    return InternalProtocolNegotiators.waitUntilActiveHandler(
        new Gate(tls.get(), InternalProtocolNegotiators.grpcNegotiationHandler(grpc)),
        grpc.getNegotiationLogger());
  }

  @Override
  public void close() {
    // The TLS belongs to whoever made it.
  }

  /** Looks at who the client is; gRPC comes after it. */
  private final class Gate extends ChannelInboundHandlerAdapter {
    private final ServerTls mine;
    private final ChannelHandler grpc;
    private ProtocolNegotiationEvent event = InternalProtocolNegotiationEvent.getDefault();

    Gate(ServerTls mine, ChannelHandler grpc) {
      this.mine = mine;
      this.grpc = grpc;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      context.pipeline().addBefore(context.name(), null, new FirstBytes(mine, context));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object happened) {
      switch (happened) {
        case ProtocolNegotiationEvent first -> event = first;
        case SslHandshakeCompletionEvent handshake when handshake.isSuccess() -> judge(context);
        case SslHandshakeCompletionEvent handshake -> failed(context, handshake.cause());
        default -> context.fireUserEventTriggered(happened);
      }
    }

    private void judge(ChannelHandlerContext context) {
      SslHandler handler = context.pipeline().get(SslHandler.class);
      SSLSession session = handler.engine().getSession();
      List<X509Certificate> chain = chain(session);
      Optional<String> refusal =
          strangers && chain.isEmpty()
              ? Optional.empty()
              : mine.clients().flatMap(trust -> trust.refusal(chain));
      if (refusal.isPresent()) {
        refuse(context, refusal.get());
        return;
      }
      Attributes attributes =
          InternalProtocolNegotiationEvent.getAttributes(event).toBuilder()
              .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session)
              .build();
      ProtocolNegotiationEvent judged =
          InternalProtocolNegotiationEvent.withAttributes(event, attributes);
      context.pipeline().replace(context.name(), null, grpc);
      context.fireUserEventTriggered(judged);
    }

    private void refuse(ChannelHandlerContext context, String sentence) {
      log.atWarn()
          .addKeyValue("client", context.channel().remoteAddress())
          .addKeyValue("reason", sentence)
          .log("client refused");
      RefusingHttp2.inPlaceOf(context, sentence);
    }

    private void failed(ChannelHandlerContext context, Throwable cause) {
      if (!(cause instanceof ClosedChannelException)) {
        log.atInfo()
            .addKeyValue("client", context.channel().remoteAddress())
            .addKeyValue("reason", cause.getMessage())
            .log("TLS handshake failed");
      }
      context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // A failed handshake was told of above; the connection ends either way.
      log.atDebug().setCause(cause).log("connection ended before it was let in");
      context.close();
    }
  }

  private static List<X509Certificate> chain(SSLSession session) {
    try {
      return Arrays.stream(session.getPeerCertificates()).map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException _) {
      return List.of();
    }
  }

  /** Gives way to TLS, or tells a client without it what to do. */
  private final class FirstBytes extends ByteToMessageDecoder {
    private final ServerTls tls;
    private final ChannelHandlerContext gate;
    private boolean refused;

    FirstBytes(ServerTls tls, ChannelHandlerContext gate) {
      this.tls = tls;
      this.gate = gate;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (refused) {
        in.skipBytes(in.readableBytes());
      } else if (in.readableBytes() >= RECORD_HEADER) {
        if (SslHandler.isEncrypted(in, false)) {
          SslHandler handler = new SslHandler(tls.context().newEngine(context.alloc()), handshakes);
          context.pipeline().replace(this, null, handler);
        } else {
          refuse(context, in);
        }
      }
    }

    private void refuse(ChannelHandlerContext context, ByteBuf in) {
      log.atWarn()
          .addKeyValue("client", context.channel().remoteAddress())
          .log("client refused: it speaks plain text");
      if (in.toString(in.readerIndex(), 4, StandardCharsets.US_ASCII).equals("PRI ")) {
        RefusingHttp2.inPlaceOf(gate, PLAIN + tls.audience().remedy());
        context.pipeline().remove(this);
        return;
      }
      refused = true;
      in.skipBytes(in.readableBytes());
      context.writeAndFlush(http1(PLAIN + tls.audience().remedy()));
      // A close at once may take the answer away from a client that still sends.
      context.executor().schedule(() -> context.close(), LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static ByteBuf http1(String sentence) {
    return Unpooled.copiedBuffer(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: "
            + (sentence.length() + 1)
            + "\r\nConnection: close\r\n\r\n"
            + sentence
            + "\n",
        StandardCharsets.US_ASCII);
  }
}
