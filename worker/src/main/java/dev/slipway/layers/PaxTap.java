package dev.slipway.layers;

import dev.slipway.tar.TarHeaders;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Listens to a tar on its way to commons-compress and keeps the extended attributes of the entry at
 * hand as bytes; that library makes text of them, which a capability does not survive. POSIX.1-2017
 * pax, "pax Extended Header".
 */
public final class PaxTap extends FilterInputStream {
  private static final int BLOCK = 512;
  private static final byte[] XATTR = "SCHILY.xattr.".getBytes(StandardCharsets.US_ASCII);

  private byte[] collected = new byte[BLOCK];
  private int have;
  private long headerBytes;
  private boolean body;
  private long skip;
  private long sizeOverride = -1;
  private Map<String, byte[]> pending = new HashMap<>();
  private Map<String, byte[]> current = Map.of();

  public PaxTap(InputStream in) {
    super(in);
  }

  /** The attributes of the entry whose header was read last. */
  public Map<String, byte[]> attributes() {
    return current;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    if (count > 0) {
      listen(bytes, offset, count);
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] thrown = new byte[(int) Math.min(count, 64 << 10)];
    return Math.max(0, read(thrown, 0, thrown.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void listen(byte[] bytes, int offset, int count) throws IOException {
    int at = offset;
    int end = offset + count;
    while (at < end) {
      if (skip > 0) {
        long part = Math.min(skip, end - at);
        skip -= part;
        at += (int) part;
        continue;
      }
      int part = Math.min(collected.length - have, end - at);
      System.arraycopy(bytes, at, collected, have, part);
      have += part;
      at += part;
      if (have == collected.length) {
        byte[] full = collected;
        have = 0;
        collected = new byte[BLOCK];
        if (body) {
          body = false;
          records(full);
        } else {
          header(full);
        }
      }
    }
  }

  private void header(byte[] block) throws IOException {
    if (block[0] == 0) {
      return;
    }
    long size = size(block);
    char type = (char) block[156];
    if (type == 'x' && size > 0) {
      headerBytes += size;
      if (headerBytes > BoundedTar.MAX_HEADER) {
        throw new LayerApplier.BadLayer("it has extended headers of " + headerBytes + " bytes");
      }
      body = true;
      collected = new byte[(int) (size + BLOCK - 1) / BLOCK * BLOCK];
      return;
    }
    if (type == 'X' || type == 'g' || type == 'L' || type == 'K') {
      skip = padded(size);
      return;
    }
    headerBytes = 0;
    current = pending;
    pending = new HashMap<>();
    boolean content =
        type != '1' && type != '2' && type != '3' && type != '4' && type != '5' && type != '6';
    skip = content ? padded(sizeOverride >= 0 ? sizeOverride : size) : 0;
    sizeOverride = -1;
  }

  private void records(byte[] bytes) {
    int at = 0;
    while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
      int space = at;
      int length = 0;
      while (space < bytes.length && bytes[space] != ' ' && length < BoundedTar.MAX_HEADER) {
        length = length * 10 + bytes[space++] - '0';
      }
      int end = at + length;
      int equals = space + 1;
      while (equals < end && equals < bytes.length && bytes[equals] != '=') {
        equals++;
      }
      if (length <= 0 || end > bytes.length || equals + 1 > end - 1) {
        // Malformed, or an empty value: the reader behind says so where it matters.
        if (length <= 0 || end > bytes.length) {
          return;
        }
      } else {
        record(
            Arrays.copyOfRange(bytes, space + 1, equals),
            Arrays.copyOfRange(bytes, equals + 1, end - 1));
      }
      at = end;
    }
  }

  private void record(byte[] key, byte[] value) {
    if (key.length > XATTR.length && Arrays.equals(key, 0, XATTR.length, XATTR, 0, XATTR.length)) {
      pending.put(
          new String(key, XATTR.length, key.length - XATTR.length, StandardCharsets.UTF_8), value);
    } else if (Arrays.equals(key, "size".getBytes(StandardCharsets.US_ASCII))) {
      String text = new String(value, StandardCharsets.US_ASCII);
      sizeOverride = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
    }
  }

  private static long padded(long size) {
    return size + TarHeaders.padding(size);
  }

  private static long size(byte[] block) {
    if ((block[124] & 0x80) != 0) {
      long value = 0;
      for (int i = 128; i < 136; i++) {
        value = value << 8 | (block[i] & 0xff);
      }
      return Math.max(0, value);
    }
    long value = 0;
    for (int i = 124; i < 136; i++) {
      if (block[i] >= '0' && block[i] <= '7') {
        value = value * 8 + block[i] - '0';
      }
    }
    return value;
  }
}
