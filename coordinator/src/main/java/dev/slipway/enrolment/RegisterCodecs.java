package dev.slipway.enrolment;

import dev.slipway.cluster.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** The fields in order, as {@link DataOutputStream} writes them; instants in milliseconds. */
final class RegisterCodecs {
  static final Codec<JoinGrant> GRANT =
      new FieldCodec<>(
          (grant, out) -> {
            out.writeLong(grant.ends().toEpochMilli());
            out.writeBoolean(grant.once());
            out.writeUTF(grant.usedBy());
          },
          in -> new JoinGrant(instant(in), in.readBoolean(), in.readUTF()));

  static final Codec<WorkerStanding> STANDING =
      new FieldCodec<>(
          (standing, out) -> {
            out.writeBoolean(standing.evicted());
            out.writeLong(standing.changedAt().toEpochMilli());
            out.writeLong(standing.certificateEnds().toEpochMilli());
            out.writeUTF(standing.key());
          },
          in -> new WorkerStanding(in.readBoolean(), instant(in), instant(in), in.readUTF()));

  private RegisterCodecs() {}

  private static Instant instant(DataInputStream in) throws IOException {
    return Instant.ofEpochMilli(in.readLong());
  }

  private interface Writing<V> {
    void write(V value, DataOutputStream out) throws IOException;
  }

  private interface Reading<V> {
    V read(DataInputStream in) throws IOException;
  }

  private record FieldCodec<V>(Writing<V> writing, Reading<V> reading) implements Codec<V> {
    @Override
    public byte[] encode(V value) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try {
        writing.write(value, new DataOutputStream(bytes));
      } catch (IOException e) {
        throw new UncheckedIOException("memory cannot be written", e);
      }
      return bytes.toByteArray();
    }

    @Override
    public V decode(byte[] bytes) {
      try {
        return reading.read(new DataInputStream(new ByteArrayInputStream(bytes)));
      } catch (IOException e) {
        throw new UncheckedIOException("an entry of the register is cut", e);
      }
    }
  }
}
