package dev.slipway.protocol;

import static dev.slipway.protocol.LlbCodec.index;
import static dev.slipway.protocol.LlbCodec.invalid;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.Op;
import dev.slipway.protocol.buildkit.ops.ChownOpt;
import dev.slipway.protocol.buildkit.ops.FileActionCopy;
import dev.slipway.protocol.buildkit.ops.FileActionMkDir;
import dev.slipway.protocol.buildkit.ops.FileActionMkFile;
import dev.slipway.protocol.buildkit.ops.FileActionRm;
import dev.slipway.protocol.buildkit.ops.FileActionSymlink;
import dev.slipway.protocol.buildkit.ops.FileOp;
import dev.slipway.protocol.buildkit.ops.NamedUserOpt;
import dev.slipway.protocol.buildkit.ops.UserOpt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** File ops. */
final class FileOpCodec {
  private static final int KEEP_MODE = -1;

  private FileOpCodec() {}

  static Op.File decode(FileOp wire, int inputs) throws SlipwayException {
    if (wire.getActionsCount() == 0) {
      throw invalid("invalid file op with no actions");
    }
    List<FileAction> actions = new ArrayList<>(wire.getActionsCount());
    for (dev.slipway.protocol.buildkit.ops.FileAction action : wire.getActionsList()) {
      int known = inputs + actions.size();
      boolean copies = action.hasCopy();
      actions.add(
          new FileAction(
              index(action.getInput(), -1, known, "file action input"),
              copies
                  ? index(action.getSecondaryInput(), -1, known, "file action secondary input")
                  : -1,
              index(action.getOutput(), -1, wire.getActionsCount(), "file action output"),
              change(action, inputs)));
    }
    checkOutputs(actions);
    return new Op.File(actions);
  }

  /** Outputs are numbered from 0 without a gap, each made by one action. */
  private static void checkOutputs(List<FileAction> actions) throws SlipwayException {
    Set<Integer> outputs = new HashSet<>();
    for (FileAction action : actions) {
      if (action.output() >= 0 && !outputs.add(action.output())) {
        throw invalid("duplicate output " + action.output());
      }
    }
    if (outputs.isEmpty()) {
      throw invalid("no outputs specified");
    }
    for (int output = 0; output < outputs.size(); output++) {
      if (!outputs.contains(output)) {
        throw invalid("missing output index " + output);
      }
    }
  }

  static FileOp encode(Op.File file) {
    FileOp.Builder wire = FileOp.newBuilder();
    for (FileAction action : file.actions()) {
      dev.slipway.protocol.buildkit.ops.FileAction.Builder builder =
          dev.slipway.protocol.buildkit.ops.FileAction.newBuilder()
              .setInput(action.input())
              .setSecondaryInput(action.secondaryInput())
              .setOutput(action.output());
      encode(action.change(), builder);
      wire.addActions(builder);
    }
    return wire.build();
  }

  private static Change change(dev.slipway.protocol.buildkit.ops.FileAction wire, int inputs)
      throws SlipwayException {
    return switch (wire.getActionCase()) {
      case COPY -> copy(wire.getCopy(), inputs);
      case MKFILE -> {
        FileActionMkFile file = wire.getMkfile();
        yield new Change.MakeFile(
            file.getPath(),
            file.getMode(),
            file.getData().toByteArray(),
            owner(file.hasOwner(), file.getOwner(), inputs),
            file.getTimestamp());
      }
      case MKDIR -> {
        FileActionMkDir directory = wire.getMkdir();
        yield new Change.MakeDirectory(
            directory.getPath(),
            directory.getMode(),
            directory.getMakeParents(),
            owner(directory.hasOwner(), directory.getOwner(), inputs),
            directory.getTimestamp());
      }
      case SYMLINK -> {
        FileActionSymlink link = wire.getSymlink();
        yield new Change.MakeSymlink(
            link.getOldpath(),
            link.getNewpath(),
            owner(link.hasOwner(), link.getOwner(), inputs),
            link.getTimestamp());
      }
      case RM ->
          new Change.Remove(
              wire.getRm().getPath(),
              wire.getRm().getAllowNotFound(),
              wire.getRm().getAllowWildcard());
      case ACTION_NOT_SET -> throw invalid("invalid file op with an empty action");
    };
  }

  private static Change.Copy copy(FileActionCopy wire, int inputs) throws SlipwayException {
    return new Change.Copy(
        wire.getSrc(),
        wire.getDest(),
        owner(wire.hasOwner(), wire.getOwner(), inputs),
        // Clients that send a symbolic mode leave the number at 0.
        wire.getMode() == KEEP_MODE || !wire.getModeStr().isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(wire.getMode()),
        wire.getModeStr(),
        new FileAction.CopyOptions(
            wire.getFollowSymlink(),
            wire.getDirCopyContents(),
            wire.getAttemptUnpackDockerCompatibility(),
            wire.getCreateDestPath(),
            wire.getAllowWildcard(),
            wire.getAllowEmptyWildcard(),
            wire.getAlwaysReplaceExistingDestPaths(),
            wire.getIncludePatternsList(),
            wire.getExcludePatternsList(),
            wire.getRequiredPathsList()),
        wire.getTimestamp());
  }

  private static void encode(
      Change change, dev.slipway.protocol.buildkit.ops.FileAction.Builder wire) {
    switch (change) {
      case Change.Copy copy -> wire.setCopy(encode(copy));
      case Change.MakeFile(
              String path,
              int mode,
              byte[] data,
              Optional<FileAction.Owner> owner,
              long timestamp) -> {
        FileActionMkFile.Builder file =
            FileActionMkFile.newBuilder()
                .setPath(path)
                .setMode(mode)
                .setData(ByteString.copyFrom(data))
                .setTimestamp(timestamp);
        owner.ifPresent(value -> file.setOwner(encode(value)));
        wire.setMkfile(file);
      }
      case Change.MakeDirectory(
              String path,
              int mode,
              boolean parents,
              Optional<FileAction.Owner> owner,
              long timestamp) -> {
        FileActionMkDir.Builder directory =
            FileActionMkDir.newBuilder()
                .setPath(path)
                .setMode(mode)
                .setMakeParents(parents)
                .setTimestamp(timestamp);
        owner.ifPresent(value -> directory.setOwner(encode(value)));
        wire.setMkdir(directory);
      }
      case Change.MakeSymlink(
              String target,
              String path,
              Optional<FileAction.Owner> owner,
              long timestamp) -> {
        FileActionSymlink.Builder link =
            FileActionSymlink.newBuilder()
                .setOldpath(target)
                .setNewpath(path)
                .setTimestamp(timestamp);
        owner.ifPresent(value -> link.setOwner(encode(value)));
        wire.setSymlink(link);
      }
      case Change.Remove(String path, boolean allowNotFound, boolean allowWildcard) ->
          wire.setRm(
              FileActionRm.newBuilder()
                  .setPath(path)
                  .setAllowNotFound(allowNotFound)
                  .setAllowWildcard(allowWildcard));
    }
  }

  private static FileActionCopy encode(Change.Copy copy) {
    FileAction.CopyOptions options = copy.options();
    FileActionCopy.Builder wire =
        FileActionCopy.newBuilder()
            .setSrc(copy.source())
            .setDest(copy.destination())
            .setMode(copy.mode().orElse(KEEP_MODE))
            .setModeStr(copy.symbolicMode())
            .setFollowSymlink(options.followSymlink())
            .setDirCopyContents(options.directoryContents())
            .setAttemptUnpackDockerCompatibility(options.unpackArchives())
            .setCreateDestPath(options.createDestinationPath())
            .setAllowWildcard(options.allowWildcard())
            .setAllowEmptyWildcard(options.allowEmptyWildcard())
            .setAlwaysReplaceExistingDestPaths(options.alwaysReplaceExisting())
            .addAllIncludePatterns(options.includePatterns())
            .addAllExcludePatterns(options.excludePatterns())
            .addAllRequiredPaths(options.requiredPaths())
            .setTimestamp(copy.timestamp());
    copy.owner().ifPresent(owner -> wire.setOwner(encode(owner)));
    return wire.build();
  }

  private static Optional<FileAction.Owner> owner(boolean present, ChownOpt wire, int inputs)
      throws SlipwayException {
    if (!present || !wire.hasUser() && !wire.hasGroup()) {
      return Optional.empty();
    }
    return Optional.of(
        new FileAction.Owner(identity(wire.getUser(), inputs), identity(wire.getGroup(), inputs)));
  }

  private static Optional<FileAction.Identity> identity(UserOpt wire, int inputs)
      throws SlipwayException {
    return switch (wire.getUserCase()) {
      case BYID -> Optional.of(new FileAction.Identity.ById(wire.getByID()));
      case BYNAME ->
          Optional.of(
              new FileAction.Identity.ByName(
                  wire.getByName().getName(),
                  index(wire.getByName().getInput(), -1, inputs, "user")));
      case USER_NOT_SET -> Optional.empty();
    };
  }

  private static ChownOpt encode(FileAction.Owner owner) {
    ChownOpt.Builder wire = ChownOpt.newBuilder();
    owner.user().ifPresent(user -> wire.setUser(encode(user)));
    owner.group().ifPresent(group -> wire.setGroup(encode(group)));
    return wire.build();
  }

  private static UserOpt encode(FileAction.Identity identity) {
    return switch (identity) {
      case FileAction.Identity.ById(int id) -> UserOpt.newBuilder().setByID(id).build();
      case FileAction.Identity.ByName(String name, int input) ->
          UserOpt.newBuilder()
              .setByName(NamedUserOpt.newBuilder().setName(name).setInput(input))
              .build();
    };
  }
}
