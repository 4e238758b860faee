package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.Converted;
import dev.slipway.frontend.dockerfile.lint.LintOptions;
import dev.slipway.frontend.dockerfile.lint.LintWarning;
import dev.slipway.frontend.dockerfile.lint.LintedFile;
import dev.slipway.frontend.dockerfile.lint.Linter;
import dev.slipway.frontend.dockerfile.subrequest.Answer;
import dev.slipway.frontend.dockerfile.subrequest.GlobalArguments;
import dev.slipway.frontend.dockerfile.subrequest.GraphAnswer;
import dev.slipway.frontend.dockerfile.subrequest.LintReport;
import dev.slipway.frontend.dockerfile.subrequest.OutlineListener;
import dev.slipway.frontend.dockerfile.subrequest.Question;
import dev.slipway.frontend.dockerfile.subrequest.TargetList;
import dev.slipway.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Answers what is asked instead of a build ({@code docker buildx build --call}); for the farm's own
 * platform, whatever platforms are asked for.
 */
record Subrequests(DockerfileBuild build) {
  FrontendResult answer(String id) throws SlipwayException, IOException, InterruptedException {
    Question question =
        Question.of(id).orElseThrow(() -> new NotOffered(NotOffered.What.SUBREQUEST, id));
    Answer answer =
        switch (question) {
          case OUTLINE -> outline();
          case TARGETS -> targets();
          case LINT -> lint();
          case CONVERT -> GraphAnswer.answer(convert().definition());
          case DESCRIBE -> Question.describe();
        };
    return new FrontendResult(Optional.empty(), Map.of(), answer.metadata());
  }

  private static List<Optional<Platform>> platform() {
    return List.of(Optional.empty());
  }

  private Converted convert() throws SlipwayException, IOException, InterruptedException {
    return build
        .convert(platform(), build.linter(build::show), false, (_, _) -> ConversionListener.NONE)
        .getFirst();
  }

  private Answer outline() throws SlipwayException, IOException, InterruptedException {
    AtomicReference<OutlineListener> listening = new AtomicReference<>();
    Map<String, String> given =
        build.options().convertOptions(build.files().context()).buildArguments();
    build.convert(
        platform(),
        build.linter(build::show),
        false,
        (linted, converter) -> {
          GlobalArguments globals =
              new GlobalArguments(
                  linted.file(),
                  linted.comments(),
                  converter.globals(platform().getFirst(), given),
                  given);
          listening.set(new OutlineListener(linted.file(), linted.comments(), globals, given));
          return listening.get();
        });
    return listening.get().answer();
  }

  private Answer targets() throws SlipwayException {
    LintedFile linted =
        LintedFile.read(build.files().dockerfile(), new Linter(LintOptions.DEFAULT, _ -> {}));
    return TargetList.answer(linted.file(), linted.comments());
  }

  /** Without a target all stages are looked at; what would fail the build is part of the answer. */
  private Answer lint() throws SlipwayException, IOException, InterruptedException {
    List<LintWarning> warnings = new ArrayList<>();
    Optional<SlipwayException> error = Optional.empty();
    try {
      build.convert(
          platform(),
          build.linter(warnings::add),
          build.options().target().isEmpty(),
          (_, _) -> ConversionListener.NONE);
    } catch (SlipwayException e) {
      if (e.kind() == ErrorKind.CANCELLED) {
        throw e;
      }
      error = Optional.of(e);
    }
    return LintReport.answer(build.files().dockerfile().file(), warnings, error);
  }
}
