package dev.gnomon.machine.guest.script;

import java.util.function.LongUnaryOperator;

/** A number in a script: written down, or computed from the counters of the loops around it. */
sealed interface Expression {

  /**
   * Its value.
   *
   * @param counters of the loops around it, the outermost first
   */
  long value(long[] counters);

  record Constant(long number) implements Expression {
    @Override
    public long value(long[] counters) {
      return number;
    }
  }

  /** The counter of a loop: how often its body was run before. */
  record Counter(int loop) implements Expression {
    @Override
    public long value(long[] counters) {
      return counters[loop];
    }
  }

  record Sum(Expression left, Expression right) implements Expression {
    @Override
    public long value(long[] counters) {
      return left.value(counters) + right.value(counters);
    }
  }

  record Product(Expression left, Expression right) implements Expression {
    @Override
    public long value(long[] counters) {
      return left.value(counters) * right.value(counters);
    }
  }

  /** A function of another: {@code pte(...)}. */
  record Applied(LongUnaryOperator function, Expression argument) implements Expression {
    @Override
    public long value(long[] counters) {
      return function.applyAsLong(argument.value(counters));
    }
  }
}
