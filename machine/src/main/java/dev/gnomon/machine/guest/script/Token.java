package dev.gnomon.machine.guest.script;

/**
 * A piece of a script's text.
 *
 * @param kind what it is
 * @param text as it stands in the script
 * @param number its value, if it is a number
 * @param line where it is, from 1
 * @param column where it begins, from 1
 */
public record Token(Kind kind, String text, long number, int line, int column) {

  /** What a token can be. */
  public enum Kind {
    WORD,
    NUMBER,
    /** One of {@code : ; { } ( ) = >= <= + * , |}. */
    SYMBOL,
    NEWLINE,
    END
  }

  /** Whether it is this symbol or word. */
  public boolean is(String symbolOrWord) {
    return (kind == Kind.SYMBOL || kind == Kind.WORD) && text.equals(symbolOrWord);
  }

  /** Whether one statement ends here and another may begin. */
  public boolean isSeparator() {
    return kind == Kind.NEWLINE || is(";");
  }

  /** How a message shows it. */
  public String describe() {
    return switch (kind) {
      case NEWLINE -> "the end of the line";
      case END -> "the end of the script";
      case WORD, NUMBER, SYMBOL -> "'" + text + "'";
    };
  }
}
