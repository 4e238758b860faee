package dev.slipway.layers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** A tar made header by header, so that it can say what no program would. */
public final class TarBlocks {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A header and its content. */
  public TarBlocks entry(char type, String name, byte[] content) {
    return header(type, name, octal(content.length)).content(content);
  }

  /** An extended header with these records. */
  public TarBlocks pax(char type, Map<String, String> records) {
    StringBuilder text = new StringBuilder();
    records.forEach((key, value) -> {
      int length = (key + value).getBytes(StandardCharsets.UTF_8).length + 3;
      int all = length + Integer.toString(length).length();
      all = length + Integer.toString(all).length();
      text.append(all).append(' ').append(key).append('=').append(value).append('\n');
    });
    return entry(type, "pax", text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @param size the twelve bytes of the field
   */
  public TarBlocks header(char type, String name, byte[] size) {
    byte[] block = new byte[BLOCK];
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, block, 0, Math.min(bytes.length, 100));
    put(block, 100, "0000644\0");
    put(block, 108, "0000000\0");
    put(block, 116, "0000000\0");
    System.arraycopy(size, 0, block, 124, 12);
    put(block, 136, "00000000000\0");
    block[156] = (byte) type;
    put(block, 257, type == 'S' ? "ustar  \0" : "ustar\00000");
    if (type == 'S') {
      put(block, 386, "00000000000\00000000000001");
      block[482] = 1;
      put(block, 483, "00000000001\0");
    }
    return checked(block);
  }

  /** A block as it is. */
  public TarBlocks raw(byte[] block) {
    out.writeBytes(block);
    return this;
  }

  public TarBlocks content(byte[] content) {
    out.writeBytes(content);
    out.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    return this;
  }

  private TarBlocks checked(byte[] block) {
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte one : block) {
      sum += one & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    return raw(block);
  }

  public static byte[] octal(long size) {
    return "%011o\0".formatted(size).getBytes(StandardCharsets.US_ASCII);
  }

  /** Size -1, as GNU writes large numbers. */
  public static byte[] minusOne() {
    byte[] size = new byte[12];
    Arrays.fill(size, (byte) 0xff);
    return size;
  }

  public byte[] end() {
    out.writeBytes(new byte[2 * BLOCK]);
    return out.toByteArray();
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }
}
