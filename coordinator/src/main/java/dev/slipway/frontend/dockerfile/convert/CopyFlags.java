package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The flags of a COPY, variables expanded, checked.
 *
 * @param mode as it was written
 * @param octal the mode as a number, if it is one
 */
record CopyFlags(
    Optional<String> owner, Optional<String> mode, OptionalInt octal, Optional<String> checksum) {
  private static final int HIGHEST_MODE = 07777;
  private static final Pattern OCTAL = Pattern.compile("[0-7]{1,10}");
  private static final Pattern SYMBOLIC =
      Pattern.compile("[ugoa]*([-+=][rwxXstugo]*)+(,[ugoa]*([-+=][rwxXstugo]*)+)*");
  private static final int LONGEST_SYMBOLIC = 100;

  static CopyFlags of(StageState state, Instruction.Copy copy) throws SlipwayException {
    Instruction.Copy.Options options = copy.options();
    Optional<String> owner = state.expand(options.owner()).filter(text -> !text.isEmpty());
    Optional<String> mode = state.expand(options.mode()).filter(text -> !text.isEmpty());
    return new CopyFlags(owner, mode, octal(mode), checksum(state, copy, options.checksum()));
  }

  /** The mode as a change of what a file has; empty when it is a number or there is none. */
  String symbolic() {
    return octal.isPresent() ? "" : mode.orElse("");
  }

  private static OptionalInt octal(Optional<String> mode) throws SlipwayException {
    if (mode.isEmpty()) {
      return OptionalInt.empty();
    }
    String text = mode.get();
    if (OCTAL.matcher(text).matches() && Long.parseLong(text, 8) <= HIGHEST_MODE) {
      return OptionalInt.of(Integer.parseInt(text, 8));
    }
    if (text.length() <= LONGEST_SYMBOLIC && SYMBOLIC.matcher(text).matches()) {
      return OptionalInt.empty();
    }
    throw CopyStep.invalid(
        "invalid chmod parameter: '"
            + text
            + "'. it should be octal string and between 0 and 07777");
  }

  private static Optional<String> checksum(
      StageState state, Instruction.Copy copy, Optional<String> written) throws SlipwayException {
    Optional<String> checksum = state.expand(written).filter(text -> !text.isEmpty());
    if (checksum.isEmpty()) {
      return checksum;
    }
    if (copy.sources().size() != 1) {
      throw CopyStep.invalid("checksum can't be specified for multiple sources");
    }
    String source = state.expand(copy.sources().getFirst());
    if (!RemoteSources.isWeb(source) && GitReference.parse(source).isEmpty()) {
      throw CopyStep.invalid("checksum requires HTTP(S) or Git sources");
    }
    return checksum;
  }
}
