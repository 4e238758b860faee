package dev.slipway.e2e;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A load balancer that gives each gRPC call of a connection to the next of its servers, as those in
 * front of farms do.
 */
final class CallSpreader extends HandlerRegistry implements AutoCloseable {
  private static final int MAX_MESSAGE = 32 << 20;

  private final List<ManagedChannel> servers = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final Server front;

  /**
   * @param endpoints {@code tcp://host:port}
   */
  CallSpreader(List<String> endpoints) {
    for (String endpoint : endpoints) {
      servers.add(
          NettyChannelBuilder.forTarget("dns:///" + endpoint.substring("tcp://".length()))
              .usePlaintext()
              .maxInboundMessageSize(MAX_MESSAGE)
              .build());
    }
    try {
      front =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .maxInboundMessageSize(MAX_MESSAGE)
              .fallbackHandlerRegistry(this)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String endpoint() {
    return "tcp://127.0.0.1:" + front.getPort();
  }

  int calls() {
    return calls.get();
  }

  @Override
  public ServerMethodDefinition<byte[], byte[]> lookupMethod(
      String method, @Nullable String authority) {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setFullMethodName(method)
            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
            .build();
    return ServerMethodDefinition.create(
        descriptor, (call, headers) -> pass(descriptor, call, headers));
  }

  private ServerCall.Listener<byte[]> pass(
      MethodDescriptor<byte[], byte[]> method,
      ServerCall<byte[], byte[]> client,
      Metadata headers) {
    ManagedChannel next = servers.get(calls.getAndIncrement() % servers.size());
    ClientCall<byte[], byte[]> server = next.newCall(method, CallOptions.DEFAULT);
    server.start(
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata answered) {
            client.sendHeaders(answered);
          }

          @Override
          public void onMessage(byte[] message) {
            client.sendMessage(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            client.close(status, trailers);
          }
        },
        headers);
    server.request(Integer.MAX_VALUE);
    client.request(Integer.MAX_VALUE);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(byte[] message) {
        server.sendMessage(message);
      }

      @Override
      public void onHalfClose() {
        server.halfClose();
      }

      @Override
      public void onCancel() {
        server.cancel("the client left", null);
      }
    };
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    front.shutdownNow();
    servers.forEach(ManagedChannel::shutdownNow);
  }
}
