package dev.gnomon.cli.usage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.Mismatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all reports for programs have in common. */
public final class JsonText {
  private JsonText() {}

  /** An object without members. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Adds an array of numbers. */
  public static void put(ObjectNode node, String key, List<Long> numbers) {
    ArrayNode array = node.putArray(key);
    numbers.forEach(array::add);
  }

  /** What verification found; zeros if there was none. */
  public static ObjectNode verify(Guest.@Nullable VerifyResult verified) {
    ObjectNode node = object();
    node.put("loads_checked", verified == null ? 0 : verified.loadsChecked());
    node.put("mismatches", verified == null ? 0 : verified.mismatches());
    Mismatch first = verified == null ? null : verified.first();
    node.put("first_mismatch", first == null ? null : first.describe());
    return node;
  }

  /** A report as text, with a newline at the end. */
  public static String of(ObjectNode root) {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of plain values", e);
    }
  }
}
