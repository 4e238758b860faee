package dev.slipway.schedule;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what the scheduler says. @ThreadSafe */
final class Recorder implements Scheduler.Listener {
  final List<String> heard = new CopyOnWriteArrayList<>();

  @Override
  public void assigned(String workerId) {
    heard.add("assigned " + workerId);
  }

  @Override
  public void waiting(int ahead, String reason) {
    heard.add("waiting " + ahead + (reason.isEmpty() ? "" : ": " + reason));
  }

  @Override
  public void lost(String workerId) {
    heard.add("lost " + workerId);
  }

  @Override
  public void failed(SlipwayException reason) {
    heard.add("failed " + reason.kind() + " " + reason.getMessage());
  }
}
