package dev.slipway.frontend.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RunningCallsTest {
  private final RunningCalls calls = new RunningCalls();
  private final AtomicInteger forgotten = new AtomicInteger();

  @Test
  void nothingIsForgottenBeforeTheLastCallOfAnEndedBuildHasLeft() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch unwind = new CountDownLatch(1);
    Thread call =
        Thread.ofVirtual()
            .start(() -> {
              try {
                calls.run(() -> {
                  inside.countDown();
                  try {
                    Thread.sleep(Long.MAX_VALUE);
                  } catch (InterruptedException _) {
                    unwind.await();
                  }
                  return null;
                });
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    inside.await();

    calls.end();
    calls.whenQuiet(forgotten::incrementAndGet);

    assertThat(forgotten).hasValue(0);
    unwind.countDown();
    call.join();
    assertThat(forgotten).hasValue(1);
    assertThatThrownBy(() -> calls.run(() -> null)).hasMessage("the build has ended");
    assertThat(forgotten).hasValue(1);
  }

  @Test
  void aBuildWithoutCallsIsForgottenAtOnce() {
    calls.end();
    calls.whenQuiet(forgotten::incrementAndGet);

    assertThat(forgotten).hasValue(1);
  }
}
