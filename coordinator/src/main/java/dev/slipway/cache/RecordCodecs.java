package dev.slipway.cache;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.cache.LayerRecord.Origin;
import dev.slipway.cluster.Codec;
import dev.slipway.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the index's values look in the cluster's maps: a version byte, then the fields in order, as
 * {@link DataOutputStream} writes them. Counts come before what they count; an optional field has a
 * boolean before it.
 */
final class RecordCodecs {
  private static final int VERSION = 5;

  static final Codec<Membership> MEMBERSHIP =
      codec(RecordCodecs::writeMembership, RecordCodecs::readMembership);
  static final Codec<String> TEXT = codec(DataOutputStream::writeUTF, in -> in.readUTF());
  static final Codec<StoredLayer> LAYER = codec(RecordCodecs::writeLayer, RecordCodecs::readLayer);
  static final Codec<CacheRecord> RECORD =
      codec(RecordCodecs::writeRecord, RecordCodecs::readRecord);

  private RecordCodecs() {}

  private static void writeMembership(DataOutputStream out, Membership membership)
      throws IOException {
    out.writeLong(membership.number());
    out.writeLong(membership.incarnation());
    out.writeInt(membership.coordinators().size());
    for (String coordinator : membership.coordinators()) {
      out.writeUTF(coordinator);
    }
  }

  private static Membership readMembership(DataInputStream in) throws IOException {
    long number = in.readLong();
    long incarnation = in.readLong();
    Set<String> coordinators = new HashSet<>();
    for (int left = in.readInt(); left > 0; left--) {
      coordinators.add(in.readUTF());
    }
    return new Membership(number, incarnation, coordinators);
  }

  private static void writeLayer(DataOutputStream out, StoredLayer layer) throws IOException {
    out.writeLong(layer.size());
    out.writeBoolean(layer.blob().isPresent());
    if (layer.blob().isPresent()) {
      Blob blob = layer.blob().get();
      out.writeUTF(blob.diffId().value());
      out.writeUTF(blob.digest().value());
      out.writeLong(blob.size());
      out.writeUTF(blob.mediaType());
    }
    out.writeBoolean(layer.origin().isPresent());
    if (layer.origin().isPresent()) {
      out.writeUTF(layer.origin().get().repository());
    }
    out.writeInt(layer.holders().size());
    for (Map.Entry<String, Long> holder : layer.holders().entrySet()) {
      out.writeUTF(holder.getKey());
      out.writeLong(holder.getValue());
    }
    out.writeBoolean(layer.createdAt().isPresent());
    if (layer.createdAt().isPresent()) {
      out.writeLong(layer.createdAt().get().toEpochMilli());
    }
    out.writeInt(layer.durable().size());
    for (String place : layer.durable()) {
      out.writeUTF(place);
    }
  }

  private static StoredLayer readLayer(DataInputStream in) throws IOException {
    long size = in.readLong();
    Optional<Blob> blob =
        in.readBoolean()
            ? Optional.of(
                new Blob(
                    new Digest(in.readUTF()),
                    new Digest(in.readUTF()),
                    in.readLong(),
                    in.readUTF()))
            : Optional.empty();
    Optional<Origin> origin =
        in.readBoolean() ? Optional.of(new Origin(in.readUTF())) : Optional.empty();
    Map<String, Long> holders = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      holders.put(in.readUTF(), in.readLong());
    }
    Optional<Instant> createdAt =
        in.readBoolean() ? Optional.of(Instant.ofEpochMilli(in.readLong())) : Optional.empty();
    Set<String> durable = new HashSet<>();
    for (int left = in.readInt(); left > 0; left--) {
      durable.add(in.readUTF());
    }
    return new StoredLayer(size, blob, origin, holders, createdAt, durable);
  }

  private static void writeRecord(DataOutputStream out, CacheRecord record) throws IOException {
    out.writeUTF(record.key());
    out.writeUTF(record.canonicalKey());
    out.writeLong(record.cost().toNanos());
    out.writeLong(record.createdAt().toEpochMilli());
    out.writeUTF(record.tenant());
    out.writeInt(record.outputs().size());
    for (Map.Entry<Integer, LayerChain> output : record.outputs().entrySet()) {
      out.writeInt(output.getKey());
      out.writeInt(output.getValue().layers().size());
      for (String layer : output.getValue().layers()) {
        out.writeUTF(layer);
      }
    }
  }

  private static CacheRecord readRecord(DataInputStream in) throws IOException {
    String key = in.readUTF();
    String canonicalKey = in.readUTF();
    Duration cost = Duration.ofNanos(in.readLong());
    Instant createdAt = Instant.ofEpochMilli(in.readLong());
    String tenant = in.readUTF();
    Map<Integer, LayerChain> outputs = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      int output = in.readInt();
      List<String> layers = new ArrayList<>();
      for (int count = in.readInt(); count > 0; count--) {
        layers.add(in.readUTF());
      }
      outputs.put(output, new LayerChain(layers));
    }
    return new CacheRecord(key, canonicalKey, outputs, cost, createdAt, tenant);
  }

  private static <V> Codec<V> codec(Writer<V> writer, Reader<V> reader) {
    return new Codec<>() {
      @Override
      public byte[] encode(V value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
          out.writeByte(VERSION);
          writer.write(out, value);
        } catch (IOException e) {
          throw new UncheckedIOException("a value of the cache index could not be encoded", e);
        }
        return bytes.toByteArray();
      }

      @Override
      public V decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
          int version = in.readByte();
          if (version != VERSION) {
            throw new IOException("it is of version " + version);
          }
          return reader.read(in);
        } catch (IOException e) {
          throw new UncheckedIOException("a value of the cache index could not be decoded", e);
        }
      }
    };
  }

  private interface Writer<V> {
    void write(DataOutputStream out, V value) throws IOException;
  }

  private interface Reader<V> {
    V read(DataInputStream in) throws IOException;
  }
}
