package dev.slipway.fleet;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.OpenContainer;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StepStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The workers that are joined now. @ThreadSafe */
public interface Fleet {
  /** All workers, by id. */
  List<WorkerNode> workers();

  Optional<WorkerNode> worker(String id);

  /** What the worker said last about itself; empty when nothing is known. */
  default Optional<WorkerStatus> status(String workerId) {
    return Optional.empty();
  }

  /**
   * Sends a stage to its worker. The listener hears of nothing when this throws.
   *
   * @throws SlipwayException UNAVAILABLE when the worker is not linked to this coordinator
   */
  void run(String workerId, RunStage stage, StageListener listener) throws SlipwayException;

  /**
   * The same for a stage that may connect to what its client shares.
   *
   * @param shared how, by the tokens in the stage's message; they count until it has ended
   */
  default void run(
      String workerId, RunStage stage, StageListener listener, Map<String, Connecting> shared)
      throws SlipwayException {
    run(workerId, stage, listener);
  }

  /** Opens a connection to something that a client shares. */
  @FunctionalInterface
  interface Connecting {
    ByteCall<?, ?> connect() throws SlipwayException, InterruptedException;
  }

  /**
   * Ends a stage; its outcome is Cancelled. Nothing happens when the worker or the stage is gone.
   */
  void cancel(String workerId, String stageId);

  /**
   * Makes and pushes blobs; blocks. An interrupt cancels it at the worker. @throws SlipwayException
   * what the worker said, or UNAVAILABLE when it left
   */
  PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress)
      throws SlipwayException, InterruptedException;

  /** Reads a file, a stat or a directory of a result; blocks. */
  ReadPathOutcome read(String workerId, ReadPath read)
      throws SlipwayException, InterruptedException;

  /**
   * Asks the worker something and blocks until it answers; the question's id is set here. An
   * interrupt and the time-out cancel it at the worker. @throws SlipwayException what the worker
   * said, or UNAVAILABLE when it left or did not answer in time
   */
  Answer ask(String workerId, Ask question, Duration timeout)
      throws SlipwayException, InterruptedException;

  /**
   * Opens a container on the worker and blocks until that has called for it; the ticket is set
   * here. The listener hears of nothing when this throws.
   *
   * @param shared how the container's connections are made, by the tokens in its step; they count
   *     until it has ended
   * @throws SlipwayException UNAVAILABLE when the worker is gone or does not call
   */
  default ContainerLink open(
      String workerId,
      OpenContainer container,
      ContainerListener listener,
      Map<String, Connecting> shared)
      throws SlipwayException, InterruptedException {
    throw new SlipwayException(ErrorKind.UNSUPPORTED, "this fleet runs no containers");
  }

  /**
   * Keeps the layers on the worker until {@link #release}, whatever its disk's policy says; nothing
   * happens when the worker is gone.
   */
  void hold(String workerId, String buildId, Collection<String> layerIds);

  /** Nothing is held for the build any more, on any worker. */
  void release(String buildId);

  /**
   * Returns a bearer token for one resource of any worker or the coordinator ({@code layers/<id>},
   * {@code trees/<id>}), valid for minutes.
   */
  String capability(String resource);
}
