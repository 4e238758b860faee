package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.SourceMap;
import dev.slipway.oci.Digest;
import java.util.Optional;

/** A step of the user's failed. Carries what a client needs to show where. */
public final class StepFailure extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient Digest vertex;
  private final transient SourceMap sources;
  private final int exitCode;
  private transient Optional<FailedStep> step = Optional.empty();

  /** The user's own failure. @param exitCode 0 when no process ended badly */
  public StepFailure(String message, Digest vertex, SourceMap sources, int exitCode) {
    this(ErrorKind.INVALID, message, vertex, sources, exitCode);
  }

  /** A failure of another kind at a step: nobody can run it, no worker survived it. */
  public StepFailure(
      ErrorKind kind, String message, Digest vertex, SourceMap sources, int exitCode) {
    super(kind, message);
    this.vertex = vertex;
    this.sources = sources;
    this.exitCode = exitCode;
  }

  /** The same, with what is left of the step. */
  StepFailure leaving(FailedStep failed) {
    step = Optional.of(failed);
    return this;
  }

  /** What is left of the step; empty where nobody asked for it. */
  public Optional<FailedStep> step() {
    return step;
  }

  public Digest vertex() {
    return vertex;
  }

  public SourceMap sources() {
    return sources;
  }

  public int exitCode() {
    return exitCode;
  }
}
