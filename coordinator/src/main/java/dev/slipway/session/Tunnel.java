package dev.slipway.session;

import com.google.protobuf.UnsafeByteOperations;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC channel whose one connection is a byte stream inside another call. grpc-netty dials an
 * address in this process; what it writes there goes out as messages and what comes in as messages
 * is what it reads. Back-pressure passes both ways: reads of the local connection wait for the call
 * to be ready, messages are asked for one by one as they are written. Never dials
 * twice. @ThreadSafe
 */
final class Tunnel {
  /** Messages asked for ahead; the client sends 32 KiB in each. */
  private static final int MESSAGES_AHEAD = 32;

  /** Of the inner connection; as much as Go's side offers. */
  private static final int WINDOW = 1 << 20;

  /** Largest message from a client; packets of files are 32 KiB, secrets 500 KiB. */
  private static final int MAXIMUM_MESSAGE = 16 << 20;

  private static final int MAXIMUM_METADATA = 1 << 20;

  private final ServerCallStreamObserver<BytesMessage> client;
  private final ManagedChannel channel;
  private final Channel listener;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Consumer<String> ended;

  /** The bridge's end of the connection; set on its event loop once. */
  private volatile @Nullable Channel bridge;

  /**
   * Builds the tunnel; call it inside the handler of the client's call.
   *
   * @param ended told once with the reason when the stream or the connection has ended
   */
  Tunnel(
      String name,
      EventLoopGroup group,
      ServerCallStreamObserver<BytesMessage> client,
      Consumer<String> ended) {
    this.client = client;
    this.ended = ended;
    client.disableAutoRequest();
    client.setOnReadyHandler(this::readMore);
    client.setOnCancelHandler(() -> close("client closed the session stream"));
    this.listener =
        new ServerBootstrap()
            .group(group)
            .channel(LocalServerChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<LocalChannel>() {
                  @Override
                  protected void initChannel(LocalChannel accepted) {
                    accept(accepted);
                  }
                })
            .bind(new LocalAddress("slipway-session-" + name))
            .syncUninterruptibly()
            .channel();
    this.channel =
        NettyChannelBuilder.forAddress(listener.localAddress())
            .channelType(LocalChannel.class, LocalAddress.class)
            .eventLoopGroup(group)
            .directExecutor()
            .usePlaintext()
            .overrideAuthority("localhost")
            .flowControlWindow(WINDOW)
            .maxInboundMessageSize(MAXIMUM_MESSAGE)
            .maxInboundMetadataSize(MAXIMUM_METADATA)
            .disableRetry()
            // An idle channel would hang up, and there is nothing to dial again.
            .idleTimeout(365, TimeUnit.DAYS)
            .build();
    this.channel.getState(true);
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Where the client's messages go. */
  StreamObserver<BytesMessage> fromClient() {
    return new StreamObserver<>() {
      @Override
      public void onNext(BytesMessage message) {
        Channel to = bridge;
        if (to == null) {
          close("client spoke before it was asked");
          return;
        }
        to.writeAndFlush(Unpooled.wrappedBuffer(message.getData().asReadOnlyByteBuffer()))
            .addListener(
                (ChannelFutureListener)
                    written -> {
                      if (written.isSuccess()) {
                        client.request(1);
                      } else {
                        close("connection to the client failed: " + written.cause().getMessage());
                      }
                    });
      }

      @Override
      public void onError(Throwable error) {
        close("session stream failed: " + Status.fromThrowable(error).getCode());
      }

      @Override
      public void onCompleted() {
        close("client closed the session");
      }
    };
  }

  /** Ends everything; the first reason counts. */
  void close(String reason) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    channel.shutdownNow();
    listener.close();
    Channel connection = bridge;
    if (connection != null) {
      connection.close();
      connection.eventLoop().execute(this::complete);
    } else {
      complete();
    }
    ended.accept(reason);
  }

  private void complete() {
    if (!client.isCancelled()) {
      client.onCompleted();
    }
  }

  private void accept(LocalChannel accepted) {
    if (bridge != null || closed.get()) {
      accepted.close();
      return;
    }
    listener.close();
    bridge = accepted;
    accepted.pipeline().addLast(new ToClient());
  }

  private void readMore() {
    Channel from = bridge;
    if (from != null && client.isReady()) {
      from.read();
    }
  }

  /** Carries what grpc writes to the client; runs on the connection's event loop. */
  private final class ToClient extends SimpleChannelInboundHandler<ByteBuf> {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      client.request(MESSAGES_AHEAD);
      readMore();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
      // BuildKit's clients take an empty message for what they received before, again.
      if (closed.get() || !bytes.isReadable()) {
        return;
      }
      byte[] copy = new byte[bytes.readableBytes()];
      bytes.readBytes(copy);
      client.onNext(
          BytesMessage.newBuilder().setData(UnsafeByteOperations.unsafeWrap(copy)).build());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      readMore();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      close("connection to the client ended");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      close("connection to the client failed: " + cause.getMessage());
    }
  }
}
