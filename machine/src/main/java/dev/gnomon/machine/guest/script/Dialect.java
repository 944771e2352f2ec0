package dev.gnomon.machine.guest.script;

import java.util.Set;

/** What a language has besides the language of scripts: settings and sections of its own. */
public interface Dialect {
  /** No more than scripts have. */
  Dialect SCRIPT =
      new Dialect() {
        @Override
        public Set<String> settings() {
          return Set.of();
        }

        @Override
        public void readSetting(Token setting, Tokens tokens) {
          throw new IllegalStateException("scripts have no setting " + setting.text());
        }

        @Override
        public Set<String> sections() {
          return Set.of();
        }

        @Override
        public void readSection(Token head, Tokens tokens) {
          throw new IllegalStateException("scripts have no section " + head.text());
        }
      };

  /** The words by which its settings begin. */
  Set<String> settings();

  /**
   * Reads the rest of a setting's line.
   *
   * @param setting the word by which it begins, taken already
   */
  void readSetting(Token setting, Tokens tokens);

  /** The words that, with a colon, begin its sections. */
  Set<String> sections();

  /**
   * Reads the rest of a section, to the next or the end.
   *
   * @param head the word by which it begins, taken already, as is the colon
   */
  void readSection(Token head, Tokens tokens);
}
