package dev.gnomon.machine.guest.script;

/** How a counter is compared. */
enum Comparison {
  EQUAL("="),
  AT_LEAST(">="),
  AT_MOST("<=");

  private final String symbol;

  Comparison(String symbol) {
    this.symbol = symbol;
  }

  String symbol() {
    return symbol;
  }

  boolean holds(long found, long number) {
    return switch (this) {
      case EQUAL -> found == number;
      case AT_LEAST -> found >= number;
      case AT_MOST -> found <= number;
    };
  }
}
