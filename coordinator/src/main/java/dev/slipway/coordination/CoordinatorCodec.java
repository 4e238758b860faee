package dev.slipway.coordination;

import dev.slipway.cluster.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Records as the map holds them: the fields in order, as {@link DataOutputStream} writes them. */
final class CoordinatorCodec implements Codec<CoordinatorRecord> {
  @Override
  public byte[] encode(CoordinatorRecord record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      out.writeUTF(record.id());
      out.writeUTF(record.workersAddress());
      out.writeInt(record.endpoints().size());
      for (String endpoint : record.endpoints()) {
        out.writeUTF(endpoint);
      }
      out.writeUTF(record.httpAddress());
      out.writeLong(record.startedAt().toEpochMilli());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written", e);
    }
    return bytes.toByteArray();
  }

  @Override
  public CoordinatorRecord decode(byte[] bytes) {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    try {
      String id = in.readUTF();
      String workersAddress = in.readUTF();
      List<String> endpoints = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        endpoints.add(in.readUTF());
      }
      return new CoordinatorRecord(
          id, workersAddress, endpoints, in.readUTF(), Instant.ofEpochMilli(in.readLong()));
    } catch (IOException e) {
      throw new UncheckedIOException("the record of a coordinator is cut", e);
    }
  }
}
