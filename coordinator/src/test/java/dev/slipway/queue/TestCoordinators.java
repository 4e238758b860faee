package dev.slipway.queue;

import dev.slipway.coordination.CoordinationService;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.SchedulerConfig;
import dev.slipway.schedule.SchedulerLoop;
import dev.slipway.schedule.WorkerCapacity;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * The queues of several coordinators in this process, over real gRPC on loopback; who is live is
 * said by the test.
 */
final class TestCoordinators implements AutoCloseable {
  private final Map<String, One> all = new ConcurrentHashMap<>();
  private final List<String> live = new CopyOnWriteArrayList<>();

  /** One coordinator's part of the queue. */
  final class One implements Leadership, AutoCloseable {
    final String id;
    final SchedulerLoop loop;
    final FarmScheduler scheduler;
    private final Server server;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

    One(String id, SchedulerConfig config) throws IOException {
      this.id = id;
      loop = SchedulerLoop.start(config);
      QueueService service = new QueueService(loop);
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .addService(
                  new CoordinationService(
                      service, (_, news) -> news.onError(Status.NOT_FOUND.asRuntimeException())))
              .build()
              .start();
      scheduler = FarmScheduler.start(loop, service, this);
    }

    @Override
    public String self() {
      return id;
    }

    @Override
    public List<String> live() {
      return live;
    }

    @Override
    public void onChange(Runnable listener) {
      listeners.add(listener);
    }

    @Override
    public Channel channel(String other) throws SlipwayException {
      One target = all.get(other);
      if (target == null) {
        throw new SlipwayException(ErrorKind.UNAVAILABLE, "coordinator " + other + " is gone");
      }
      return channels.computeIfAbsent(
          other,
          _ ->
              NettyChannelBuilder.forAddress("127.0.0.1", target.server.getPort())
                  .usePlaintext()
                  .build());
    }

    /** Breaks the connections to another; the next call makes new ones. */
    void cut(String other) {
      ManagedChannel channel = channels.remove(other);
      if (channel != null) {
        channel.shutdownNow();
      }
    }

    /** As a process that is killed: nothing is said, the connections break. */
    @Override
    public void close() {
      server.shutdownNow();
      channels.values().forEach(ManagedChannel::shutdownNow);
      scheduler.close();
      loop.close();
    }
  }

  /** Starts one that nobody knows of yet. */
  One start(String id, SchedulerConfig config) throws IOException {
    One one = new One(id, config);
    all.put(id, one);
    return one;
  }

  /** All see these coordinators from now on, oldest first. */
  void see(String... ids) {
    live.clear();
    live.addAll(List.of(ids));
    all.values().forEach(one -> one.listeners.forEach(Runnable::run));
  }

  void kill(String id) {
    all.remove(id).close();
  }

  void join(WorkerCapacity worker) {
    all.values().forEach(one -> one.scheduler.workerJoined(worker));
  }

  void leave(String workerId) {
    all.values().forEach(one -> one.scheduler.workerLeft(workerId));
  }

  List<One> all() {
    return new ArrayList<>(all.values());
  }

  @Override
  public void close() {
    all.values().forEach(One::close);
    all.clear();
  }
}
