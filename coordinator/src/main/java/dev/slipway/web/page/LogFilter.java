package dev.slipway.web.page;

/**
 * Which lines of a log are wanted.
 *
 * @param word that they have, whatever the case; empty = any
 * @param step number of the step whose they are; 0 = any
 */
record LogFilter(String word, int step) {
  static LogFilter of(PageRequest request) {
    String step = request.query("step");
    boolean number =
        !step.isEmpty() && step.length() < 7 && step.chars().allMatch(Character::isDigit);
    return new LogFilter(request.query("q"), number ? Integer.parseInt(step) : 0);
  }

  boolean admits(LogLines.Line line) {
    return (step == 0 || step == line.step()) && (word.isEmpty() || line.content().contains(word));
  }
}
