package dev.slipway.execute;

import dev.slipway.error.SlipwayException;
import dev.slipway.part.Parts;
import dev.slipway.protocol.worker.ContentDigest;
import dev.slipway.protocol.worker.ContentInput;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Digests what a step reads of its inputs while the step runs. A digest that cannot be had only
 * means that nobody finds the result by it. Owned by the step's thread.
 */
final class InputDigests implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InputDigests.class);

  private final List<ContentDigest> digests = new ArrayList<>(); // read once the thread has ended
  private final Thread thread;

  private InputDigests(Parts parts, List<ContentInput> wanted, List<List<String>> inputs) {
    this.thread =
        Thread.ofVirtual().name("input-digests").unstarted(() -> digest(parts, wanted, inputs));
  }

  /**
   * Begins.
   *
   * @param inputs the chain of each input, all layers here
   */
  static InputDigests begin(Parts parts, List<ContentInput> wanted, List<List<String>> inputs) {
    InputDigests digests = new InputDigests(parts, wanted, inputs);
    if (!wanted.isEmpty()) {
      digests.thread.start();
    }
    return digests;
  }

  /** Returns the digests once all are there. */
  List<ContentDigest> await() throws InterruptedException {
    thread.join();
    return digests;
  }

  private void digest(Parts parts, List<ContentInput> wanted, List<List<String>> inputs) {
    try {
      for (ContentInput input : wanted) {
        if (input.getInput() < 0 || input.getInput() >= inputs.size()) {
          continue;
        }
        digests.add(
            ContentDigest.newBuilder()
                .setInput(input.getInput())
                .setDigest(
                    parts.digest(inputs.get(input.getInput()), input.getSelectorsList()).value())
                .build());
      }
    } catch (SlipwayException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("input of a step not digested");
    } catch (InterruptedException _) {
      LOG.trace("digests were not needed any more");
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(); // its mount must be gone before the step is over
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
