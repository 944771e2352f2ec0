package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.Choice;
import dev.gnomon.machine.guest.GuestFeature;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The options that take one of a few words. */
public final class Choices {
  private Choices() {}

  /** Whose processor. */
  static final class Processor extends Choice<TdpKind> {
    Processor() {
      word("intel", TdpKind.EPT).word("amd", TdpKind.NPT);
    }
  }

  /** Which of the two ways to translate. */
  static final class WhichMmu extends Choice<MmuKind> {
    WhichMmu() {
      word("tdp", MmuKind.TDP).word("shadow", MmuKind.SHADOW);
    }
  }

  /** The word size of the host. */
  static final class HostBits extends Choice<Integer> {
    HostBits() {
      word("32", 32).word("64", 64);
    }
  }

  /** How many levels page tables have. */
  static final class Levels extends Choice<Integer> {
    Levels() {
      word("4", 4).word("5", 5);
    }
  }

  /** The pages that the host backs guest memory with, as a level. */
  public static final class HostPages extends Choice<Integer> {
    /** Made by picocli. */
    public HostPages() {
      word("4k", 1).word("2m", 2).word("1g", 3);
    }
  }

  /** The pages that the guest maps, as a level. */
  public static final class GuestPages extends Choice<Integer> {
    /** Made by picocli. */
    public GuestPages() {
      word("4k", 1).word("2m", 2);
    }
  }

  /** How the guest pages, as the levels of its tables; 0 for none. */
  public static final class GuestPaging extends Choice<Integer> {
    /** Made by picocli. */
    public GuestPaging() {
      word("none", 0).word("32", 2).word("pae", 3).word("4level", 4).word("5level", 5);
    }
  }

  /**
   * A word for what the guest does besides playing traces.
   *
   * @param features what it stands for
   */
  public record GuestDoing(Set<GuestFeature> features) {}

  /** What the guest does besides playing traces. */
  public static final class GuestDoes extends Choice<GuestDoing> {
    /** Made by picocli. */
    public GuestDoes() {
      for (GuestFeature feature : GuestFeature.values()) {
        word(feature.name().toLowerCase(Locale.ROOT), new GuestDoing(Set.of(feature)));
      }
      word("all", new GuestDoing(EnumSet.allOf(GuestFeature.class)));
      word("none", new GuestDoing(Set.of()));
    }
  }

  /** The format of a guest hypervisor's nested tables. */
  public static final class NestedFormat extends Choice<Nesting.Format> {
    /** Made by picocli. */
    public NestedFormat() {
      word("npt", Nesting.Format.NPT).word("ept", Nesting.Format.EPT);
    }
  }

  /** How writes are logged. */
  public static final class DirtyLog extends Choice<DirtyLogChoice> {
    /** Made by picocli. */
    public DirtyLog() {
      for (DirtyLogChoice choice : DirtyLogChoice.values()) {
        word(choice.label(), choice);
      }
    }
  }
}
