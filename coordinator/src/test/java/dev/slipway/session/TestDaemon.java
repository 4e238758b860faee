package dev.slipway.session;

import dev.slipway.identity.Principal;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/** Control.Session alone, on a port of loopback. */
final class TestDaemon implements AutoCloseable {
  private static final Context.Key<Metadata> HEADERS = Context.key("headers");
  private final Server server;

  /**
   * @param owner who opens the next session
   */
  TestDaemon(SessionRegistry registry, Supplier<Principal> owner) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(control(registry, owner))
            .build()
            .start();
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static ServerServiceDefinition control(
      SessionRegistry registry, Supplier<Principal> owner) {
    ControlGrpc.ControlImplBase service =
        new ControlGrpc.ControlImplBase() {
          @Override
          public StreamObserver<BytesMessage> session(StreamObserver<BytesMessage> client) {
            return registry.open(owner.get(), HEADERS.get(), client);
          }
        };
    return ServerInterceptors.intercept(
        service,
        new ServerInterceptor() {
          @Override
          public <Q, A> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, A> call, Metadata received, ServerCallHandler<Q, A> next) {
            return Contexts.interceptCall(
                Context.current().withValue(HEADERS, received), call, received, next);
          }
        });
  }
}
