package dev.slipway.agent;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what coordinators ask beside stages and pushes. @ThreadSafe */
final class Questions {
  private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

  private final Map<Ask.QuestionCase, Handler> handlers;

  /** Answers one kind of question; blocking, an interrupt cancels it. */
  interface Handler {
    void answer(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException;
  }

  Questions(Map<Ask.QuestionCase, Handler> handlers) {
    this.handlers = Map.copyOf(handlers);
  }

  /** Returns the answer; what went wrong is in it. */
  Answer answer(Ask ask) {
    Answer.Builder answer = Answer.newBuilder().setId(ask.getId());
    String what = ask.getQuestionCase().name();
    Handler handler = handlers.get(ask.getQuestionCase());
    if (handler == null) {
      return failed(
          answer, "this version of the worker cannot answer " + what, ErrorKind.UNSUPPORTED);
    }
    try {
      handler.answer(ask, answer);
      return answer.build();
    } catch (SlipwayException e) {
      return failed(answer, e.getMessage(), e.kind());
    } catch (InterruptedException _) {
      return failed(answer, what + " was cancelled", ErrorKind.CANCELLED);
    } catch (RuntimeException e) {
      LOG.atError().addKeyValue("question", what).setCause(e).log("question ended by a defect");
      return failed(answer, what + " failed by a defect in the worker: " + e, ErrorKind.INTERNAL);
    }
  }

  /** The answer to a question that was not even looked at. */
  static Answer refused(Ask ask, String why) {
    return failed(Answer.newBuilder().setId(ask.getId()), why, ErrorKind.UNAVAILABLE);
  }

  private static Answer failed(Answer.Builder answer, String error, ErrorKind kind) {
    return answer.clearAnswer().setError(error).setErrorKind(kind.name()).build();
  }
}
