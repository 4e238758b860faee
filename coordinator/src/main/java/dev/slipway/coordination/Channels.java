package dev.slipway.coordination;

import dev.slipway.certificates.FarmTls;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** One channel per coordinator, made at its first use. @ThreadSafe; its monitor guards the map. */
final class Channels implements AutoCloseable {
  /** As the servers': results of builds and stages with long lists of layers fit. */
  private static final int MAX_MESSAGE = 16 << 20;

  /** Headers of a forwarded call: a session's list of methods takes a few KiB. */
  private static final int MAX_HEADERS = 64 << 10;

  /** A host that vanished is found by the cluster within ten seconds; this finds a cut link. */
  private static final int KEEP_ALIVE_SECONDS = 10;

  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private final Map<String, Target> open = new HashMap<>();
  private final ClientInterceptor token;
  private final Executor executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("coordination-", 0).factory());

  private record Target(String address, ManagedChannel channel) {}

  private final Optional<FarmTls> tls;

  Channels(String joinToken, Optional<FarmTls> tls) {
    this.tls = tls;
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), joinToken);
    this.token = MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  synchronized ManagedChannel to(CoordinatorRecord coordinator) {
    return open.computeIfAbsent(coordinator.id(), _ -> dial(coordinator)).channel();
  }

  private Target dial(CoordinatorRecord coordinator) {
    ManagedChannel channel =
        FarmTls.dial(tls, NettyChannelBuilder.forTarget("dns:///" + coordinator.workersAddress()))
            .executor(executor)
            .intercept(token)
            .maxInboundMessageSize(MAX_MESSAGE)
            .maxInboundMetadataSize(MAX_HEADERS)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .build();
    return new Target(coordinator.workersAddress(), channel);
  }

  /** Ends the channels to all others. */
  synchronized void keep(List<CoordinatorRecord> live) {
    Map<String, String> addresses = new HashMap<>();
    live.forEach(record -> addresses.put(record.id(), record.workersAddress()));
    open.entrySet()
        .removeIf(entry -> {
          boolean gone = !entry.getValue().address().equals(addresses.get(entry.getKey()));
          if (gone) {
            entry.getValue().channel().shutdownNow();
          }
          return gone;
        });
  }

  @Override
  public synchronized void close() {
    open.values().forEach(target -> target.channel().shutdownNow());
    open.clear();
  }
}
