package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Instructions that only change the image's configuration: USER, VOLUME, STOPSIGNAL, MAINTAINER,
 * ONBUILD.
 */
final class MetadataSteps {
  private static final Pattern REAL_TIME_SIGNAL =
      Pattern.compile("RTMIN(\\+[0-9]{1,2})?|RTMAX(-[0-9]{1,2})?");
  private static final Set<String> SIGNALS =
      Set.of(
          "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
          "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
          "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ");

  private MetadataSteps() {}

  static void user(StageState state, Instruction.User user) throws SlipwayException {
    String name = state.expand(user.user());
    state.image.config().put("User", name);
    state.addHistory("USER " + name, false);
  }

  static void volume(StageState state, Instruction.Volume volume) throws SlipwayException {
    List<String> paths = new ArrayList<>();
    for (String path : volume.paths()) {
      String expanded = state.expand(path);
      if (expanded.isBlank()) {
        throw invalid("VOLUME specified can not be an empty string");
      }
      paths.add(expanded);
    }
    paths.forEach(path -> state.image.map("Volumes").putObject(path));
    state.addHistory("VOLUME [" + String.join(" ", paths) + "]", false);
  }

  static void stopSignal(StageState state, Instruction.StopSignal signal) throws SlipwayException {
    String name = state.expand(signal.signal());
    String upper = name.toUpperCase(Locale.ROOT);
    String bare = upper.startsWith("SIG") ? upper.substring(3) : upper;
    boolean number = name.matches("[-+]?[0-9]{1,9}") && Integer.parseInt(name) != 0;
    if (!number && !SIGNALS.contains(bare) && !REAL_TIME_SIGNAL.matcher(bare).matches()) {
      throw invalid("invalid signal: " + name);
    }
    state.image.config().put("StopSignal", name);
    state.addHistory("STOPSIGNAL " + name, false);
  }

  static void maintainer(StageState state, Instruction.Maintainer maintainer) {
    state.image.author(maintainer.name());
    state.addHistory("MAINTAINER " + maintainer.name(), false);
  }

  static void onbuild(StageState state, Instruction.Onbuild onbuild) {
    List<String> triggers = new ArrayList<>(state.image.texts("OnBuild"));
    triggers.add(onbuild.expression());
    state.image.putTexts("OnBuild", triggers);
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
