package dev.slipway.execute;

import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerReport;
import java.util.Optional;

/** The way to whoever wants a container. One thread takes, any may send. @ThreadSafe */
public interface ContainerLine {
  /** Waits for the next command; empty when the container is to end. */
  Optional<ContainerCommand> take() throws InterruptedException;

  /** Sends, as fast as the other side reads; nothing is sent any more when the line is over. */
  void send(ContainerReport report);

  /** From now on nothing is sent and nobody who sends waits. */
  void drop();
}
