package dev.gnomon.cli.check;

import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.checker.litmus.Litmus;
import dev.gnomon.cli.usage.Nearest;
import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scenario as it was found: in the corpus or in a user's file.
 *
 * @param place what finds it again: its name in the corpus, or the path of its file
 * @param text what is written there
 * @param litmus what that says
 */
public record ScenarioText(String place, String text, Litmus litmus) {

  /** Those of the corpus, in its order. */
  public static List<ScenarioText> corpus() {
    return Corpus.names().stream().map(ScenarioText::ofCorpus).toList();
  }

  private static ScenarioText ofCorpus(String name) {
    return parse(name, Corpus.source(name));
  }

  /**
   * The scenario that an argument names.
   *
   * @throws InputException if there is none, it cannot be read, or something is wrong with it
   */
  public static ScenarioText of(String argument) {
    String text = text(argument);
    if (text == null) {
      throw new InputException(
          "there is no file '%s', and no such scenario in the corpus; the nearest there is '%s'"
                  .formatted(argument, Nearest.to(argument, Corpus.names()))
              + " (--list names all)");
    }
    return parse(argument, text);
  }

  /**
   * The scenario that is written in a text.
   *
   * @throws InputException if something is wrong with it, or it asks for what is not built
   */
  static ScenarioText parse(String place, String text) {
    Litmus litmus = Litmus.parse(place, text);
    requireBuilt(place, "speculation on", litmus.conditions().speculates());
    requireBuilt(place, "tlb-drops on", litmus.conditions().dropsTranslations());
    return new ScenarioText(place, text, litmus);
  }

  private static void requireBuilt(String place, String setting, boolean isAsked) {
    if (isAsked) {
      throw new InputException(place + ": '" + setting + "' cannot be explored yet");
    }
  }

  /**
   * The text at a place, or null if there is none. The corpus comes first; {@code ./NAME} is a
   * file.
   *
   * @throws InputException if it cannot be read
   */
  static @Nullable String text(String place) {
    if (Corpus.names().contains(place)) {
      return Corpus.source(place);
    }
    try {
      Path path = Path.of(place);
      if (Files.isDirectory(path)) {
        throw new InputException(place + ": this is a directory");
      }
      return Files.exists(path) ? Files.readString(path) : null;
    } catch (InvalidPathException e) {
      return null;
    } catch (CharacterCodingException e) {
      throw new InputException(place + ": this is not UTF-8 text", e);
    } catch (IOException e) {
      throw new InputException(place + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Whether it names a verdict about a rule. */
  public boolean isAbout(String rule) {
    return litmus.cases().stream().anyMatch(each -> each.assignments().containsKey(rule));
  }

  /** What reports call it. */
  public String name() {
    return litmus.name();
  }
}
