package dev.slipway.certificates;

import io.grpc.Status;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Answers each gRPC call of a connection with UNAUTHENTICATED and one sentence, and knows nothing
 * else. A connection that ends instead is dialed again and again by docker buildx, which shows
 * nothing of it; the sentence it prints.
 */
final class RefusingHttp2 extends ChannelInboundHandlerAdapter {
  private static final long MAX_STREAMS = 4;
  private static final long MAX_HEADERS = 64 << 10;

  /** A client that is refused has no reason to stay; it may dial again. */
  private static final int LIFE_SECONDS = 5;

  private final String sentence;

  private RefusingHttp2(String sentence) {
    this.sentence = sentence;
  }

  /** Takes the handler's place and whatever the client sends from now on. */
  static void inPlaceOf(ChannelHandlerContext context, String sentence) {
    ChannelPipeline pipeline = context.pipeline();
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(MAX_STREAMS)
            .maxHeaderListSize(MAX_HEADERS);
    pipeline.addBefore(
        context.name(), null, Http2FrameCodecBuilder.forServer().initialSettings(settings).build());
    pipeline.replace(context.name(), null, new RefusingHttp2(sentence));
    context.executor().schedule(() -> context.channel().close(), LIFE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof Http2HeadersFrame call) {
        Http2Headers answer =
            new DefaultHttp2Headers()
                .status("200")
                .set("content-type", "application/grpc")
                .set("grpc-status", Integer.toString(Status.Code.UNAUTHENTICATED.value()))
                .set("grpc-message", percentEncoded(sentence));
        context.writeAndFlush(new DefaultHttp2HeadersFrame(answer, true).stream(call.stream()));
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** Bytes that are not printable ASCII, as gRPC wants it. */
  private static String percentEncoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= 0x20 && b <= 0x7e && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append("%%%02X".formatted(b & 0xff));
      }
    }
    return encoded.toString();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
