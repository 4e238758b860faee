package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerFailed;
import dev.slipway.protocol.worker.ContainerReady;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.OpenContainer;
import dev.slipway.protocol.worker.ReadMount;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.sandbox.Container;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.LayersUnavailableException;
import dev.slipway.source.TransferProgress;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs containers of frontends: mounts what an exec op names, as for a step, and runs processes as
 * they are asked for. What they write to the mounts is thrown away at the end. @ThreadSafe
 */
public final class ContainerExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerExecutor.class);

  private final LayerFetcher fetcher;
  private final ExecPreparation preparation;
  private final Sandbox sandbox;

  /** Reads a file below a directory; what went wrong is in the answer. */
  public interface Reading {
    ReadPathOutcome read(ReadPath request, Path root);
  }

  ContainerExecutor(LayerFetcher fetcher, ExecPreparation preparation, Sandbox sandbox) {
    this.fetcher = fetcher;
    this.preparation = preparation;
    this.sandbox = sandbox;
  }

  /**
   * Runs the container until the line ends; never throws. An interrupt of the calling thread ends
   * it too. Nothing of it is left when this returns.
   *
   * @param connections to what the build's client shares
   */
  public void run(
      OpenContainer open, ContainerLine line, Reading reading, ClientConnections connections) {
    try {
      run(open.getStep(), line, reading, connections);
    } catch (InterruptedException _) {
      line.drop();
    } catch (LayersUnavailableException e) {
      line.send(report(failed(e).addAllLacking(e.layerIds())));
    } catch (SlipwayException e) {
      line.send(report(failed(e)));
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("container", open.getContainerId())
          .setCause(e)
          .log("container ended by a defect");
      line.send(
          report(
              ContainerFailed.newBuilder()
                  .setMessage("defect in the worker: " + e)
                  .setErrorKind(ErrorKind.INTERNAL.name())));
    }
  }

  private void run(Step step, ContainerLine line, Reading reading, ClientConnections connections)
      throws SlipwayException, InterruptedException {
    if (!(LlbCodec.readOp(step.getOp().toByteArray()) instanceof Op.Exec op)) {
      throw new SlipwayException(ErrorKind.INTERNAL, "a container is described by an exec op");
    }
    fetcher.ensure(StageExecutor.chains(step), TransferProgress.NONE);
    StepContext context =
        new StepContext(
            StageExecutor.inputs(step),
            Optional.empty(),
            (_, _) -> {},
            step.getCacheMountsList(),
            false,
            ClientSide.of(step, connections),
            _ -> {},
            _ -> {});
    try (PreparedExec prepared = preparation.prepare(op, context);
        Container container = sandbox.open(prepared.spec());
        ContainerProcesses processes = new ContainerProcesses(container, line)) {
      line.send(ContainerReport.newBuilder().setReady(ContainerReady.getDefaultInstance()).build());
      for (Optional<ContainerCommand> command = line.take();
          command.isPresent() && !command.get().hasEnd();
          command = line.take()) {
        switch (command.get().getCommandCase()) {
          case READ ->
              line.send(
                  ContainerReport.newBuilder()
                      .setRead(read(command.get().getRead(), prepared, reading))
                      .build());
          case START -> processes.start(command.get().getStart());
          case INPUT -> processes.input(command.get().getInput());
          case RESIZE -> processes.resize(command.get().getResize());
          case SIGNAL -> processes.signal(command.get().getSignal());
          case END, COMMAND_NOT_SET ->
              throw new SlipwayException(
                  ErrorKind.UNSUPPORTED, "this version of the worker does not know the command");
        }
      }
    }
  }

  private static ReadPathOutcome read(ReadMount wanted, PreparedExec prepared, Reading reading) {
    Optional<Path> directory = prepared.directory(wanted.getMount());
    return directory.isPresent()
        ? reading.read(wanted.getRead(), directory.get())
        : ReadPathOutcome.newBuilder()
            .setRequestId(wanted.getRead().getRequestId())
            .setError("mountable " + wanted.getMount() + " not found")
            .setErrorKind(ErrorKind.NOT_FOUND.name())
            .build();
  }

  private static ContainerFailed.Builder failed(SlipwayException e) {
    return ContainerFailed.newBuilder().setMessage(e.getMessage()).setErrorKind(e.kind().name());
  }

  private static ContainerReport report(ContainerFailed.Builder failed) {
    return ContainerReport.newBuilder().setFailed(failed).build();
  }
}
