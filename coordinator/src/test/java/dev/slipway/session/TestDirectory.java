package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.protocol.buildkit.filesync.FileSyncGrpc;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import dev.slipway.protocol.buildkit.fsutil.Packet.PacketType;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A FileSync service over stats and contents in memory. */
final class TestDirectory extends FileSyncGrpc.FileSyncImplBase {
  private static final int CHUNK = 32 << 10;

  final AtomicInteger requested = new AtomicInteger();
  final List<Metadata> headers = Collections.synchronizedList(new ArrayList<>());
  volatile List<Stat> stats = List.of();
  volatile Map<String, ByteString> contents = Map.of();
  volatile boolean silent;

  ServerServiceDefinition service() {
    return ServerInterceptors.intercept(
        bindService(),
        new ServerInterceptor() {
          @Override
          public <Q, A> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, A> call, Metadata received, ServerCallHandler<Q, A> next) {
            headers.add(received);
            return next.startCall(call, received);
          }
        });
  }

  @Override
  public StreamObserver<Packet> diffCopy(StreamObserver<Packet> receiver) {
    String name =
        headers.getLast().get(Metadata.Key.of("dir-name", Metadata.ASCII_STRING_MARSHALLER));
    if (!"context".equals(name)) {
      receiver.onError(
          Status.NOT_FOUND
              .withDescription("no access allowed to dir \"" + name + "\"")
              .asRuntimeException());
      return new Requests(receiver, List.of());
    }
    List<Stat> listed = stats;
    if (!silent) {
      listed.forEach(stat ->
          receiver.onNext(
              Packet.newBuilder().setType(PacketType.PACKET_STAT).setStat(stat).build()));
      receiver.onNext(Packet.newBuilder().setType(PacketType.PACKET_STAT).build());
    }
    return new Requests(receiver, listed);
  }

  private final class Requests implements StreamObserver<Packet> {
    private final StreamObserver<Packet> receiver;
    private final List<Stat> listed;

    Requests(StreamObserver<Packet> receiver, List<Stat> listed) {
      this.receiver = receiver;
      this.listed = listed;
    }

    @Override
    public void onNext(Packet packet) {
      switch (packet.getType()) {
        case PACKET_REQ -> {
          requested.incrementAndGet();
          ByteString content = contents.get(listed.get(packet.getID()).getPath());
          for (int at = 0; at < content.size(); at += CHUNK) {
            data(packet.getID(), content.substring(at, Math.min(content.size(), at + CHUNK)));
          }
          data(packet.getID(), ByteString.EMPTY);
        }
        case PACKET_FIN -> {
          receiver.onNext(Packet.newBuilder().setType(PacketType.PACKET_FIN).build());
          receiver.onCompleted();
        }
        default ->
            receiver.onError(
                Status.INTERNAL.withDescription("unexpected packet").asRuntimeException());
      }
    }

    @Override
    public void onError(Throwable error) {
      // The receiver went away; nothing to clean up.
    }

    @Override
    public void onCompleted() {
      // Said after our own end.
    }

    private void data(int id, ByteString bytes) {
      receiver.onNext(
          Packet.newBuilder().setType(PacketType.PACKET_DATA).setID(id).setData(bytes).build());
    }
  }
}
