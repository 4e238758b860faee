package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogLimiterTest {
  private final AtomicLong millis = new AtomicLong();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final LogLimiter limiter =
      new LogLimiter((_, data) -> out.writeBytes(data), () -> Instant.ofEpochMilli(millis.get()));

  @Test
  void letsQuietOutputPass() {
    write("hello\n");
    limiter.flushTails();

    assertThat(text()).isEqualTo("hello\n");
  }

  @Test
  void cutsWhatComesTooFastAndGoesOnLater() {
    limiter.write(ExecOutput.STDOUT, new byte[300 << 10]);
    limiter.write(ExecOutput.STDOUT, new byte[300 << 10]);
    millis.set(5000);
    write("later");

    assertThat(text())
        .containsOnlyOnce("\n[output clipped, log limit 200KiB/s reached]\n")
        .endsWith("later");
    assertThat(out.size()).isLessThan(201 << 10);
  }

  @Test
  void cutsBeyondTheSizeOfAStep() {
    millis.set(100_000);
    limiter.write(ExecOutput.STDERR, new byte[3 << 20]);

    assertThat(text()).endsWith("\n[output clipped, log limit 2MiB reached]\n");
    assertThat(out.size()).isBetween(2 << 20, (2 << 20) + 100);
  }

  @Test
  void keepsTheEndForAFailure() {
    limiter.write(ExecOutput.STDOUT, new byte[1 << 20]);
    write("the end");
    out.reset();

    limiter.flushTails();

    assertThat(out.size()).isEqualTo(LogLimiter.TAIL_SIZE);
    assertThat(text()).endsWith("the end");
  }

  private void write(String text) {
    limiter.write(ExecOutput.STDOUT, text.getBytes(StandardCharsets.UTF_8));
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
