package dev.gnomon.cli.rules;

import dev.gnomon.checker.litmus.ExpectedVerdict;
import dev.gnomon.cli.check.Answer;
import java.util.List;

/**
 * What was found about a value.
 *
 * @param entry the value
 * @param answers of each scenario that is about its rule, under this value
 */
record Settlement(RuleEntry entry, List<Answer> answers) {

  Settlement {
    answers = List.copyOf(answers);
  }

  /** Safe only if every scenario was explored completely and nothing was violated. */
  Answer.Verdict verdict() {
    if (answers.stream().anyMatch(each -> each.verdict() == Answer.Verdict.VIOLATED)) {
      return Answer.Verdict.VIOLATED;
    }
    boolean isSafe =
        !answers.isEmpty()
            && answers.stream().allMatch(each -> each.verdict() == Answer.Verdict.SAFE);
    return isSafe ? Answer.Verdict.SAFE : Answer.Verdict.UNDECIDED;
  }

  /** Whether that is what the corpus expects. A rule that no scenario is about has no verdict. */
  boolean isAsExpected() {
    if (!entry.isNamed()) {
      return true;
    }
    return verdict()
        == (entry.expected() == ExpectedVerdict.SAFE
            ? Answer.Verdict.SAFE
            : Answer.Verdict.VIOLATED);
  }

  /** Those that violate something. */
  List<Answer> refutations() {
    return answers.stream().filter(each -> each.verdict() == Answer.Verdict.VIOLATED).toList();
  }
}
