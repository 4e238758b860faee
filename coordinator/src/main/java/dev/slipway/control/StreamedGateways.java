package dev.slipway.control;

import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.frontend.gateway.GatewayServing;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves LLBBridge to frontends in containers, which are gRPC's client on their own stdin and
 * stdout: a server on an address in this process has one connection, whose bytes come from the
 * frontend and go to it. The session's tunnel with the roles changed. @ThreadSafe
 */
public final class StreamedGateways implements GatewayServing, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamedGateways.class);

  /** As the endpoint takes: frontends send graphs. */
  private static final int MAX_MESSAGE = 16 << 20;

  /** At once; a Dockerfile's frontend asks for some images side by side. */
  private static final int MAX_CALLS = 64;

  /** Of all frontends: the connections are in this process. */
  private static final int EVENT_LOOPS = 1;

  private final WorkerRecords workers;
  private final Executor handlers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("frontend-call-", 0).factory());
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          EVENT_LOOPS,
          new DefaultThreadFactory("frontend-gateway", true),
          LocalIoHandler.newFactory());

  public StreamedGateways(WorkerRecords workers) {
    this.workers = workers;
  }

  @Override
  public Stream serve(GatewayBuild build, ToFrontend toFrontend) {
    LocalAddress address = new LocalAddress("slipway-frontend-" + UUID.randomUUID());
    try {
      Server server =
          NettyServerBuilder.forAddress(address)
              .channelType(LocalServerChannel.class)
              .bossEventLoopGroup(group)
              .workerEventLoopGroup(group)
              .executor(handlers)
              .maxInboundMessageSize(MAX_MESSAGE)
              .maxConcurrentCallsPerConnection(MAX_CALLS)
              .addService(new LlbBridgeService(() -> build, workers))
              .addService(new HealthStatusManager().getHealthService())
              .build()
              .start();
      return new Connection(server, address, toFrontend);
    } catch (IOException e) {
      throw new UncheckedIOException("an address in this process could not be listened on", e);
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** One frontend's connection. */
  private final class Connection implements Stream {
    private final Server server;
    private final Channel channel;
    private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
    private final Thread writer;

    Connection(Server server, LocalAddress address, ToFrontend toFrontend) {
      this.server = server;
      this.channel =
          new Bootstrap()
              .group(group)
              .channel(LocalChannel.class)
              .option(ChannelOption.AUTO_READ, false)
              .handler(new FromServer())
              .connect(address)
              .syncUninterruptibly()
              .channel();
      this.writer = Thread.ofVirtual().name("frontend-writer").start(() -> write(toFrontend));
      channel.read();
    }

    @Override
    public void received(byte[] bytes) {
      channel.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    }

    /** The server is read again only once the frontend has taken all that it wrote. */
    private void write(ToFrontend toFrontend) {
      try {
        while (true) {
          toFrontend.write(outgoing.take());
          if (outgoing.isEmpty()) {
            channel.read();
          }
        }
      } catch (InterruptedException _) {
        LOG.trace("a frontend's connection has ended");
      }
    }

    @Override
    public void close() {
      channel.close();
      server.shutdownNow();
      writer.interrupt();
    }

    private final class FromServer extends SimpleChannelInboundHandler<ByteBuf> {
      @Override
      protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
        byte[] copy = new byte[bytes.readableBytes()];
        bytes.readBytes(copy);
        outgoing.add(copy);
      }

      @Override
      public void channelReadComplete(ChannelHandlerContext context) {
        if (outgoing.isEmpty()) {
          context.read();
        }
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.atDebug().setCause(cause).log("a frontend's connection failed");
        context.close();
      }
    }
  }
}
