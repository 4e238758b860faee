package dev.slipway.protocol;

import static dev.slipway.protocol.LlbCodec.index;
import static dev.slipway.protocol.LlbCodec.invalid;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.protocol.buildkit.ops.BuildInput;
import dev.slipway.protocol.buildkit.ops.BuildOp;
import dev.slipway.protocol.buildkit.ops.DiffOp;
import dev.slipway.protocol.buildkit.ops.LowerDiffInput;
import dev.slipway.protocol.buildkit.ops.MergeInput;
import dev.slipway.protocol.buildkit.ops.MergeOp;
import dev.slipway.protocol.buildkit.ops.PassthroughOp;
import dev.slipway.protocol.buildkit.ops.SourceOp;
import dev.slipway.protocol.buildkit.ops.UpperDiffInput;
import java.util.ArrayList;
import java.util.List;

/** The ops of LLB that are small, and the choice among all. */
final class OpCodec {
  private static final String BUILD_DEFINITION = "buildkit.llb.definition";

  private OpCodec() {}

  static Op decode(dev.slipway.protocol.buildkit.ops.Op wire) throws SlipwayException {
    int inputs = wire.getInputsCount();
    return switch (wire.getOpCase()) {
      case EXEC -> ExecCodec.decode(wire.getExec(), inputs);
      case FILE -> FileOpCodec.decode(wire.getFile(), inputs);
      case SOURCE -> source(wire.getSource(), inputs);
      case BUILD -> build(wire.getBuild(), inputs);
      case MERGE -> merge(wire.getMerge(), inputs);
      case DIFF -> diff(wire.getDiff(), inputs);
      case PASSTHROUGH -> passthrough(wire.getPassthrough(), inputs);
      case OP_NOT_SET -> throw invalid("invalid LLB: a vertex without an op that is not the last");
    };
  }

  static void encode(Op op, dev.slipway.protocol.buildkit.ops.Op.Builder wire) {
    switch (op) {
      case Op.Exec exec -> wire.setExec(ExecCodec.encode(exec));
      case Op.File file -> wire.setFile(FileOpCodec.encode(file));
      case Op.Source source ->
          wire.setSource(
              SourceOp.newBuilder()
                  .setIdentifier(source.identifier())
                  .putAllAttrs(source.attributes()));
      case Op.Build build ->
          wire.setBuild(
              BuildOp.newBuilder()
                  .setBuilder(-1)
                  .putInputs(
                      BUILD_DEFINITION,
                      BuildInput.newBuilder().setInput(build.definition()).build())
                  .putAllAttrs(build.attributes()));
      case Op.Merge merge -> {
        MergeOp.Builder builder = MergeOp.newBuilder();
        merge.inputs().forEach(input -> builder.addInputs(MergeInput.newBuilder().setInput(input)));
        wire.setMerge(builder);
      }
      case Op.Diff diff ->
          wire.setDiff(
              DiffOp.newBuilder()
                  .setLower(LowerDiffInput.newBuilder().setInput(diff.lower()))
                  .setUpper(UpperDiffInput.newBuilder().setInput(diff.upper())));
      case Op.Passthrough(String id, List<Integer> outputs) -> {
        PassthroughOp.Builder builder = PassthroughOp.newBuilder().setId(id);
        outputs.forEach(builder::addOutputs);
        wire.setPassthrough(builder);
      }
    }
  }

  /** How many outputs the op has. */
  static int outputs(Op op) {
    return switch (op) {
      case Op.Exec exec -> exec.mounts().stream().mapToInt(Mount::output).max().orElse(-1) + 1;
      case Op.File file ->
          file.actions().stream().mapToInt(FileAction::output).max().orElse(-1) + 1;
      case Op.Source source -> 1;
      case Op.Build build -> 1;
      case Op.Merge merge -> 1;
      case Op.Diff diff -> 1;
      case Op.Passthrough passthrough -> passthrough.outputs().size();
    };
  }

  private static Op.Source source(SourceOp wire, int inputs) throws SlipwayException {
    if (inputs != 0) {
      throw invalid("invalid LLB: source op with inputs");
    }
    if (wire.getIdentifier().isEmpty()) {
      throw invalid("invalid source op with empty identifier");
    }
    return new Op.Source(wire.getIdentifier(), wire.getAttrsMap());
  }

  private static Op.Build build(BuildOp wire, int inputs) throws SlipwayException {
    if (wire.getBuilder() != -1) {
      throw invalid("only LLB builder is currently allowed");
    }
    BuildInput input = wire.getInputsMap().get(BUILD_DEFINITION);
    if (input == null) {
      throw invalid("no llb definition input " + BUILD_DEFINITION + " found");
    }
    if (input.getInput() < 0 || input.getInput() >= inputs) {
      throw invalid("invalid index " + input.getInput());
    }
    return new Op.Build((int) input.getInput(), wire.getAttrsMap());
  }

  private static Op.Merge merge(MergeOp wire, int inputs) throws SlipwayException {
    List<Integer> indexes = new ArrayList<>(wire.getInputsCount());
    for (MergeInput input : wire.getInputsList()) {
      indexes.add(index(input.getInput(), 0, inputs, "merge input"));
    }
    return new Op.Merge(indexes);
  }

  private static Op.Diff diff(DiffOp wire, int inputs) throws SlipwayException {
    if (!wire.hasLower() || !wire.hasUpper()) {
      throw invalid("invalid diff op with nil lower or upper input");
    }
    return new Op.Diff(
        index(wire.getLower().getInput(), -1, inputs, "diff lower input"),
        index(wire.getUpper().getInput(), -1, inputs, "diff upper input"));
  }

  private static Op.Passthrough passthrough(PassthroughOp wire, int inputs)
      throws SlipwayException {
    if (wire.getId().isEmpty()) {
      throw invalid("invalid passthrough op with no id");
    }
    if (wire.getOutputsCount() == 0) {
      throw invalid("invalid passthrough op with no outputs");
    }
    List<Integer> outputs = new ArrayList<>(wire.getOutputsCount());
    for (long input : wire.getOutputsList()) {
      if (input < 0 || input >= inputs) {
        throw invalid("invalid passthrough output input index " + input);
      }
      outputs.add((int) input);
    }
    return new Op.Passthrough(wire.getId(), outputs);
  }
}
