package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.context.FileMode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import dev.slipway.protocol.buildkit.fsutil.Packet.PacketType;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.BitSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Sends one directory by DiffCopy: entries by one thread, while the caller's takes the receiver's
 * wishes and sends the files. Spec: docs/protocol.md#diffcopy.
 */
final class DirectorySender {
  private static final int CHUNK = 256 << 10;

  private final OutgoingCall<Packet, Packet> call;
  private final ClientTargets.Tree tree;
  private final LongConsumer sent;
  private final AtomicLong bytes = new AtomicLong();

  /** Entries that the receiver may ask for, each once. Guarded by itself. */
  private final BitSet files = new BitSet();

  DirectorySender(OutgoingCall<Packet, Packet> call, ClientTargets.Tree tree, LongConsumer sent) {
    this.call = call;
    this.tree = tree;
    this.sent = sent;
  }

  /** Returns when the receiver has everything. */
  void send() throws SlipwayException, InterruptedException {
    try (ExecutorService walker = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> walk =
          walker.submit(() -> {
            walk();
            return null;
          });
      try {
        serve();
        walk.get();
      } catch (ExecutionException e) {
        throw new SlipwayException(ErrorKind.INTERNAL, "the directory's walk failed", e.getCause());
      } finally {
        walker.shutdownNow();
      }
    }
  }

  private void walk() throws SlipwayException, InterruptedException {
    int[] next = {0};
    try {
      tree.walk(entry -> {
        if (FileMode.isRegular(entry.mode()) && entry.linkName().isEmpty()) {
          synchronized (files) {
            files.set(next[0]);
          }
        }
        next[0]++;
        emit(Packet.newBuilder().setType(PacketType.PACKET_STAT).setStat(stat(entry)).build());
      });
      emit(Packet.newBuilder().setType(PacketType.PACKET_STAT).build());
    } catch (IOException e) {
      refuse(e.getMessage());
    } catch (SlipwayException e) {
      refuse(e.getMessage());
      throw e;
    }
  }

  /** The receiver answers with the same words, and that ends the call. */
  private void refuse(String reason) throws SlipwayException, InterruptedException {
    call.send(
        Packet.newBuilder()
            .setType(PacketType.PACKET_ERR)
            .setData(ByteString.copyFromUtf8(String.valueOf(reason)))
            .build());
  }

  private void serve() throws SlipwayException, InterruptedException {
    while (true) {
      Packet packet =
          call.next()
              .orElseThrow(() ->
                  new SlipwayException(
                      ErrorKind.INVALID, "export to a directory failed: the client ended early"));
      switch (packet.getType()) {
        case PACKET_REQ -> file(packet.getID());
        case PACKET_ERR ->
            throw new SlipwayException(
                ErrorKind.INVALID, "error from receiver: " + packet.getData().toStringUtf8());
        case PACKET_FIN -> {
          call.send(Packet.newBuilder().setType(PacketType.PACKET_FIN).build());
          call.finish();
          return;
        }
        case PACKET_STAT, PACKET_DATA, UNRECOGNIZED ->
            throw new SlipwayException(
                ErrorKind.INVALID, "client broke the transfer protocol: " + packet.getType());
      }
    }
  }

  private void file(int id) throws SlipwayException, InterruptedException {
    synchronized (files) {
      if (id < 0 || !files.get(id)) {
        throw new SlipwayException(ErrorKind.INVALID, "invalid file id " + id);
      }
      files.clear(id);
    }
    Packet.Builder data = Packet.newBuilder().setType(PacketType.PACKET_DATA).setID(id);
    try (InputStream in = tree.open(id)) {
      byte[] buffer = new byte[CHUNK];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        emit(data.setData(ByteString.copyFrom(buffer, 0, count)).build());
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL, "reading an exported file failed: " + e.getMessage(), e);
    }
    emit(data.clearData().build());
  }

  private void emit(Packet packet) throws SlipwayException, InterruptedException {
    call.send(packet);
    sent.accept(bytes.addAndGet(packet.getSerializedSize()));
  }

  private static Stat stat(ClientTargets.Entry entry) {
    Stat.Builder stat =
        Stat.newBuilder()
            .setPath(entry.path())
            .setMode(entry.mode())
            .setUid(entry.uid())
            .setGid(entry.gid())
            .setSize(entry.size())
            .setModTime(entry.modified())
            .setLinkname(entry.linkName())
            .setDevmajor(entry.deviceMajor())
            .setDevminor(entry.deviceMinor());
    entry.attributes().forEach((name, value) -> stat.putXattrs(name, ByteString.copyFrom(value)));
    return stat.build();
  }
}
