package dev.gnomon.machine.recorder;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings the text of a trace into the canonical form in which traces are compared: what differs
 * from one machine to the next becomes what it means to the guest.
 *
 * <ul>
 *   <li>A host frame is named by the gfn that it backs, {@code g:10}; the pair is learnt from
 *       events that tell both, and is {@code g:?} before.
 *   <li>A page of a table is named by its first appearance, {@code SP3}, and the place of an entry
 *       by its page and index, {@code SP3[1f]}.
 *   <li>A host-virtual range becomes the guest-physical one behind it, by the slots that were set.
 *   <li>The error code of a fault on a reserved bit loses P, which the recordings' processor leaves
 *       out.
 * </ul>
 *
 * <p>It reads lines of ftrace's text, and markers. Used by one thread.
 */
public final class TraceNormaliser {
  private static final Pattern LINE =
      Pattern.compile("^\\s*.*?\\[\\d+\\] \\S+\\s+[\\d.]+: (\\w+): ?(.*)$");
  private static final Pattern SLOT_SET =
      Pattern.compile("slot set (\\d+) gpa (\\w+) size (\\w+) flags (\\w+) hva (\\w+)");
  private static final Pattern SPTE_REQUESTED =
      Pattern.compile("gfn (\\w+) pfn (\\w+) level (\\d+)");
  private static final Pattern SET_SPTE =
      Pattern.compile("gfn (\\w+) spte (\\w+) \\((\\S+)\\) level (\\d+) at (\\w+)");
  private static final Pattern TDP_CHANGED =
      Pattern.compile("as id (\\d+) gfn (\\w+) level (\\d+) old_spte (\\w+) new_spte (\\w+)");
  private static final Pattern FAST =
      Pattern.compile(
          "vcpu (\\d+) gva (\\w+) error_code (.*) sptep (\\w+) old (\\w+) new (\\w+) (.*)");
  private static final Pattern SPTE_WRITE =
      Pattern.compile("level (\\d+) at (\\w+) old (\\w+) new (\\w+) (\\w+)");
  private static final Pattern SHADOW_PAGE =
      Pattern.compile("spt (\\w+) gfn (\\w+) level (\\d+) role (\\w+)");
  private static final Pattern ROOT = Pattern.compile("vcpu (\\d+) hpa (\\w+) role (\\w+)");
  private static final Pattern RMAP =
      Pattern.compile("(\\w+) gfn (\\w+) level (\\d+) at (\\w+) count (\\d+)");
  private static final Pattern SPLIT =
      Pattern.compile("gfn (\\w+) spte (\\w+) level (\\d+) errno (\\S+)");
  private static final Pattern HEX = Pattern.compile("(?:0x)?([0-9a-f]{6,})");
  private static final Pattern RANGE = Pattern.compile("0x([0-9a-f]+)");
  private static final Pattern ERROR_CODE = Pattern.compile("error_code 0x([0-9a-f]+)");

  private static final long FRAME = (1L << 52) - (1L << 12);
  private static final long SHADOW_PRESENT = 1L << 11;
  private static final long LARGE = 1L << 7;
  private static final long PRESENT_CODE = 1;
  private static final long RESERVED_CODE = 1 << 3;

  /** Where 64-bit and 32-bit kernels map all physical memory. */
  private static final long DIRECT_MAP_64 = 0xffff_8880_0000_0000L;

  private static final long DIRECT_MAP_32 = 0xc000_0000L;

  private record SlotRange(long gpa, long bytes, long hva) {}

  private final Map<Long, Long> gfnOfPfn = new HashMap<>();
  private final Map<Long, String> tables = new HashMap<>();
  private final Map<String, SlotRange> slots = new HashMap<>();
  private int tablesSeen;

  /** The canonical form of a whole trace; lines that mean nothing to it are left out. */
  public static List<String> normalise(List<String> lines) {
    TraceNormaliser normaliser = new TraceNormaliser();
    List<String> result = new ArrayList<>();
    for (String line : lines) {
      Matcher parts = LINE.matcher(line);
      String canonical = parts.matches() ? normaliser.event(parts.group(1), parts.group(2)) : null;
      if (canonical != null) {
        result.add(canonical);
      }
    }
    return result;
  }

  /**
   * The canonical form of one event, or null if it is not compared.
   *
   * @param event its name
   * @param fields its fields, as the kernel prints them
   */
  public @Nullable String event(String event, String fields) {
    return switch (event) {
      case "tracing_mark_write" -> marker(fields);
      case "kvm_mmu_spte_requested" -> requested(event, match(SPTE_REQUESTED, fields));
      case "kvm_mmu_set_spte" -> set(event, match(SET_SPTE, fields));
      case "kvm_tdp_mmu_spte_changed" -> tdpChanged(event, match(TDP_CHANGED, fields));
      case "fast_page_fault" -> fast(event, match(FAST, fields));
      case "kvm_mmu_oracle_sp" -> shadowPage(match(SHADOW_PAGE, fields));
      case "kvm_mmu_oracle_root" -> root(match(ROOT, fields));
      case "kvm_mmu_oracle_rmap" -> rmap(match(RMAP, fields));
      case "kvm_mmu_oracle_spte" -> spteWrite(match(SPTE_WRITE, fields));
      case "kvm_mmu_split_huge_page" -> split(event, match(SPLIT, fields));
      case "mark_mmio_spte" -> event + " " + fields.replaceFirst("sptep:\\S+ ", "");
      case "kvm_unmap_hva_range", "kvm_age_hva" -> range(event, fields);
      case "kvm_test_age_hva" -> tested(event, fields);
      case "kvm_page_fault" -> event + " " + withoutPresent(fields.replaceFirst(" rip 0x\\w+", ""));
      case "kvm_mmu_pagetable_walk", "kvm_mmu_paging_element" -> null;
      default -> event + " " + fields;
    };
  }

  /** A line that is canonical already, but for what the comparison ignores. */
  public static String comparable(String canonical) {
    return canonical.startsWith("kvm_page_fault ") ? withoutPresent(canonical) : canonical;
  }

  private static String withoutPresent(String text) {
    return ERROR_CODE
        .matcher(text)
        .replaceFirst(
            found -> {
              long code = hex(found.group(1));
              boolean isReserved = (code & RESERVED_CODE) != 0;
              return "error_code 0x" + Long.toHexString(isReserved ? code & ~PRESENT_CODE : code);
            });
  }

  private String marker(String text) {
    Matcher slot = SLOT_SET.matcher(text);
    if (!slot.lookingAt()) {
      return "# " + text;
    }
    long bytes = hex(slot.group(3));
    if (bytes != 0) {
      slots.put(slot.group(1), new SlotRange(hex(slot.group(2)), bytes, hex(slot.group(5))));
    }
    return "# " + text.substring(0, text.indexOf(" hva"));
  }

  private String requested(String event, MatchResult parts) {
    gfnOfPfn.put(hex(parts.group(2)), hex(parts.group(1)));
    return event + " gfn " + parts.group(1) + " level " + parts.group(3);
  }

  private String set(String event, MatchResult parts) {
    int level = Integer.parseInt(parts.group(4));
    return "%s gfn %s %s (%s) level %d at %s"
        .formatted(
            event,
            parts.group(1),
            spte(hex(parts.group(2)), level, hex(parts.group(1))),
            parts.group(3),
            level,
            place(hex(parts.group(5))));
  }

  private String tdpChanged(String event, MatchResult parts) {
    long gfn = hex(parts.group(2));
    int level = Integer.parseInt(parts.group(3));
    return "%s as %s gfn %s level %d %s -> %s"
        .formatted(
            event,
            parts.group(1),
            parts.group(2),
            level,
            spte(hex(parts.group(4)), level, gfn),
            spte(hex(parts.group(5)), level, gfn));
  }

  private String fast(String event, MatchResult parts) {
    String head =
        "%s vcpu %s gva %s err %s".formatted(event, parts.group(1), parts.group(2), parts.group(3));
    long pointer = hex(parts.group(4));
    if (pointer == 0) {
      return head + " none " + parts.group(7);
    }
    long hpa = pointer - DIRECT_MAP_64;
    if (hpa < 0 || hpa > 1L << 46) {
      hpa = pointer - DIRECT_MAP_32;
    }
    return "%s at %s %s -> %s %s"
        .formatted(
            head,
            place(hpa),
            spte(hex(parts.group(5)), 1, -1),
            spte(hex(parts.group(6)), 1, -1),
            parts.group(7));
  }

  private String shadowPage(MatchResult parts) {
    tables.remove(hex(parts.group(1)) & FRAME);
    return "sp_alloc %s gfn %s level %s role %s"
        .formatted(table(hex(parts.group(1))), parts.group(2), parts.group(3), parts.group(4));
  }

  private String root(MatchResult parts) {
    String page = tables.getOrDefault(hex(parts.group(2)) & FRAME, "pae_root");
    return "root_load vcpu %s %s role %s".formatted(parts.group(1), page, parts.group(3));
  }

  private String rmap(MatchResult parts) {
    return "rmap_%s gfn %s level %s %s count %s"
        .formatted(
            parts.group(1),
            parts.group(2),
            parts.group(3),
            place(hex(parts.group(4))),
            parts.group(5));
  }

  private String spteWrite(MatchResult parts) {
    int level = Integer.parseInt(parts.group(1));
    return "spte_%s level %d %s: %s -> %s"
        .formatted(
            parts.group(5),
            level,
            place(hex(parts.group(2))),
            spte(hex(parts.group(3)), level, -1),
            spte(hex(parts.group(4)), level, -1));
  }

  private String split(String event, MatchResult parts) {
    int level = Integer.parseInt(parts.group(3));
    long spte = hex(parts.group(2)) | SHADOW_PRESENT;
    return "%s gfn %s %s level %d errno %s"
        .formatted(
            event, parts.group(1), spte(spte, level, hex(parts.group(1))), level, parts.group(4));
  }

  private @Nullable String range(String event, String fields) {
    StringBuilder text = new StringBuilder(event);
    char separator = ' ';
    Matcher addresses = RANGE.matcher(fields);
    while (addresses.find()) {
      long gpa = gpa(hex(addresses.group(1)));
      if (gpa < 0) {
        return null;
      }
      text.append(separator).append(Long.toHexString(gpa));
      separator = '-';
    }
    return text.toString();
  }

  private @Nullable String tested(String event, String fields) {
    long gpa = -1;
    Matcher addresses = HEX.matcher(fields);
    while (addresses.find()) {
      gpa = gpa(hex(addresses.group(1)));
    }
    return gpa < 0 ? null : event + " " + Long.toHexString(gpa);
  }

  /**
   * The gpa behind a host-virtual address; the end of a slot belongs to it; -1 if there is none.
   */
  private long gpa(long hva) {
    for (SlotRange slot : slots.values()) {
      if (hva >= slot.hva && hva <= slot.hva + slot.bytes) {
        return slot.gpa + (hva - slot.hva);
      }
    }
    return -1;
  }

  /**
   * An SPTE: where it points, and its other bits.
   *
   * @param gfn what it maps, or -1 where the event does not say
   */
  private String spte(long value, int level, long gfn) {
    if ((value & SHADOW_PRESENT) == 0) {
      return "nonpresent:" + Long.toHexString(value);
    }
    String bits = Long.toHexString(value & ~FRAME);
    if (level > 1 && (value & LARGE) == 0) {
      return table(value & FRAME) + "|" + bits;
    }
    long pfn = (value & FRAME) >>> 12;
    Long known = gfnOfPfn.get(pfn);
    if (known == null && gfn >= 0) {
      gfnOfPfn.put(pfn, gfn);
      known = gfn;
    }
    return "g:" + (known == null ? "?" : Long.toHexString(known)) + "|" + bits;
  }

  private String table(long hpa) {
    return tables.computeIfAbsent(hpa & FRAME, page -> "SP" + tablesSeen++);
  }

  private String place(long hpa) {
    return "%s[%x]".formatted(table(hpa), (hpa & ~FRAME) >>> 3);
  }

  private static MatchResult match(Pattern pattern, String fields) {
    Matcher matcher = pattern.matcher(fields);
    if (!matcher.lookingAt()) {
      throw new IllegalArgumentException("not the fields of " + pattern + ": " + fields);
    }
    return matcher.toMatchResult();
  }

  private static long hex(String text) {
    return Long.parseUnsignedLong(text.startsWith("0x") ? text.substring(2) : text, 16);
  }
}
