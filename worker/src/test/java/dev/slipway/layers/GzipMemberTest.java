package dev.slipway.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class GzipMemberTest {
  private static final byte[] CONTENT = content(3 * ParallelGzip.BLOCK + 12345);

  @Test
  void zlibMakesMembersThatAnyGunzipReads() throws IOException {
    readsBack(new ZlibMember(GzipMember.USUAL_LEVEL));
  }

  @Test
  void libdeflateMakesMembersThatAnyGunzipReads() throws IOException {
    Optional<LibDeflate> library = LibDeflate.find(GzipMember.USUAL_LEVEL);
    assumeTrue(library.isPresent(), "libdeflate is not installed");

    readsBack(library.get());
  }

  @Test
  void sameBytesWhateverTheThreads() throws IOException {
    GzipMember members = GzipMember.fastest();

    assertThat(compress(members, CONTENT, 1)).isEqualTo(compress(members, CONTENT, 4));
  }

  private static void readsBack(GzipMember members) throws IOException {
    for (byte[] content :
        new byte[][] {
          CONTENT, content(0), content(1), content(ParallelGzip.BLOCK), incompressible()
        }) {
      byte[] compressed = compress(members, content, 2);

      assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes())
          .isEqualTo(content);
    }
  }

  private static byte[] compress(GzipMember members, byte[] content, int threads)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads);
        ParallelGzip gzip = new ParallelGzip(out, pool, threads + 2, members)) {
      gzip.write(content, 0, content.length);
      gzip.finish();
    }
    return out.toByteArray();
  }

  private static byte[] content(int length) {
    Random random = new Random(7);
    byte[] content = new byte[length];
    for (int i = 0; i < length; i++) {
      content[i] = (byte) ('a' + Math.min(random.nextInt(26), random.nextInt(26)));
    }
    return content;
  }

  private static byte[] incompressible() {
    byte[] content = new byte[ParallelGzip.BLOCK + 7];
    new Random(8).nextBytes(content);
    return content;
  }
}
