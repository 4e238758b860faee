package dev.slipway.web.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.VertexState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {
  private final List<LogLines.Line> lines = new ArrayList<>();
  private final LogLines cut = new LogLines(lines::add);
  private final VertexState make = VertexState.internal("make", "RUN make");
  private final VertexState test = VertexState.internal("test", "RUN test");

  private void says(VertexState step, String text) {
    cut.add(
        new LogChunk(
            step.digest(), 1, text.getBytes(StandardCharsets.UTF_8), Instant.EPOCH.plusSeconds(3)));
  }

  private List<String> texts() {
    return lines.stream().map(line -> line.step() + " " + line.content().text()).toList();
  }

  @Test
  void piecesOfTwoStepsBecomeWholeLinesOfEach() {
    cut.add(make.started(Instant.EPOCH));
    cut.add(test.started(Instant.EPOCH));
    says(make, "comp");
    says(test, "one\ntw");
    says(make, "iled\n");
    says(test, "o\n");

    assertThat(texts()).containsExactly("2 one", "1 compiled", "2 two");
    assertThat(lines.getFirst().after()).hasSeconds(3);
  }

  @Test
  void theLastLineNeedsNoEnd() {
    cut.add(make.started(Instant.EPOCH));
    says(make, "no newline");
    assertThat(lines).isEmpty();

    cut.add(make.started(Instant.EPOCH).completed(Instant.EPOCH.plusSeconds(4)));

    assertThat(texts()).containsExactly("1 no newline");
  }

  @Test
  void aProgressBarIsItsLastState() {
    cut.add(make.started(Instant.EPOCH));
    says(make, "10 %\r50 %\r100 %\r\n");

    assertThat(texts()).containsExactly("1 100 %");
  }

  @Test
  void aLineWithoutEndIsCutIntoPieces() {
    cut.add(make.started(Instant.EPOCH));
    says(make, "x".repeat(100_000));

    assertThat(lines).hasSize(6);
    assertThat(lines).allMatch(line -> line.content().text().length() == 16 << 10);
  }

  @Test
  void bytesThatAreNoTextDoNotHurt() {
    cut.add(make.started(Instant.EPOCH));
    cut.add(
        new LogChunk(
            make.digest(), 1, new byte[] {'a', (byte) 0xff, (byte) 0xc3, '\n'}, Instant.EPOCH));

    assertThat(texts()).containsExactly("1 a\ufffd\ufffd");
  }
}
