package dev.gnomon.mmu;

import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.dirty.DirtyFlush;
import dev.gnomon.mmu.dirty.DirtyFlushRule;
import dev.gnomon.mmu.fault.FastFault;
import dev.gnomon.mmu.fault.FastFaultRule;
import dev.gnomon.mmu.fault.InvalidateRetry;
import dev.gnomon.mmu.fault.InvalidateRetryRule;
import dev.gnomon.mmu.fault.LocklessWalkRule;
import dev.gnomon.mmu.fault.WalkProtection;
import dev.gnomon.mmu.notify.AgingFlush;
import dev.gnomon.mmu.notify.AgingFlushRule;
import dev.gnomon.mmu.root.SpecialRoots;
import dev.gnomon.mmu.root.SpecialRootsRule;
import dev.gnomon.mmu.shadow.UnsyncOrder;
import dev.gnomon.mmu.shadow.UnsyncOrderRule;
import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.FlushRule;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.TdpWrite;
import dev.gnomon.mmu.spte.Volatility;
import dev.gnomon.mmu.spte.VolatilityRule;
import dev.gnomon.mmu.spte.WritableLeaf;
import dev.gnomon.mmu.spte.WritableLeafRule;
import dev.gnomon.mmu.spte.WriteRule;
import dev.gnomon.mmu.tdp.HugeRecovery;
import dev.gnomon.mmu.tdp.HugeRecoveryRule;
import dev.gnomon.mmu.tdp.ZapOrder;
import dev.gnomon.mmu.tdp.ZapOrderRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A value for each disputed decision. Immutable. */
public final class Rules {
  public static final RuleSwitch<DirtReportRule> PFN_DIRTY =
      RuleSwitch.of(
          "pfn-dirty",
          "when the host learns that a page was written",
          DirtReportRule.class,
          PfnDirty.class,
          PfnDirty.AT_CREATION);

  public static final RuleSwitch<VolatilityRule> VOLATILE =
      RuleSwitch.of(
          "volatile",
          "which leaves are replaced atomically",
          VolatilityRule.class,
          Volatility.class,
          Volatility.UNLESS_WRITABLE);

  public static final RuleSwitch<WriteRule> TDP_WRITE =
      RuleSwitch.of(
          "tdp-write",
          "how a leaf is written under the write lock",
          WriteRule.class,
          TdpWrite.class,
          TdpWrite.EXCHANGE_IF_VOLATILE);

  public static final RuleSwitch<FlushRule> FLUSH_ON_UPDATE =
      RuleSwitch.of(
          "flush-on-update",
          "which permission updates are flushed under the lock",
          FlushRule.class,
          FlushOnUpdate.class,
          FlushOnUpdate.MMU_WRITABLE_CLEARED);

  public static final RuleSwitch<WritableLeafRule> WRITABLE_LEAF =
      RuleSwitch.of(
          "writable-leaf",
          "which old entry counts as a writable leaf when a new one is made",
          WritableLeafRule.class,
          WritableLeaf.class,
          WritableLeaf.SHADOW_PRESENT);

  public static final RuleSwitch<DirtyFlushRule> DIRTY_FLUSH =
      RuleSwitch.of(
          "dirty-flush",
          "when the TLBs are flushed for the dirty log",
          DirtyFlushRule.class,
          DirtyFlush.class,
          DirtyFlush.IF_REAPED);

  public static final RuleSwitch<FastFaultRule> FAST_FAULT =
      RuleSwitch.of(
          "fast-fault",
          "when faults are fixed without the lock, and how",
          FastFaultRule.class,
          FastFault.class,
          FastFault.ON);

  public static final RuleSwitch<LocklessWalkRule> LOCKLESS_WALK =
      RuleSwitch.of(
          "lockless-walk",
          "what keeps tables from being freed under a walk without the lock",
          LocklessWalkRule.class,
          WalkProtection.class,
          WalkProtection.PROTECTED);

  public static final RuleSwitch<InvalidateRetryRule> INVALIDATE_RETRY =
      RuleSwitch.of(
          "invalidate-retry",
          "whether a fault checks that its page was not taken away",
          InvalidateRetryRule.class,
          InvalidateRetry.class,
          InvalidateRetry.ON);

  public static final RuleSwitch<AgingFlushRule> AGING_FLUSH =
      RuleSwitch.of(
          "aging-flush",
          "whether aging flushes",
          AgingFlushRule.class,
          AgingFlush.class,
          AgingFlush.NEVER);

  public static final RuleSwitch<HugeRecoveryRule> HUGE_RECOVERY =
      RuleSwitch.of(
          "huge-recovery",
          "how large pages come back after dirty logging",
          HugeRecoveryRule.class,
          HugeRecovery.class,
          HugeRecovery.IN_PLACE);

  public static final RuleSwitch<ZapOrderRule> ZAP_ORDER =
      RuleSwitch.of(
          "zap-order",
          "flush and free, or free and flush",
          ZapOrderRule.class,
          ZapOrder.class,
          ZapOrder.FLUSH_BEFORE_FREE);

  public static final RuleSwitch<SpecialRootsRule> SPECIAL_ROOTS =
      RuleSwitch.of(
          "special-roots",
          "in which tables the roots live that are no shadow pages",
          SpecialRootsRule.class,
          SpecialRoots.class,
          SpecialRoots.PER_VCPU);

  public static final RuleSwitch<UnsyncOrderRule> UNSYNC_ORDER =
      RuleSwitch.of(
          "unsync-order",
          "which comes first where a guest's table becomes writable: that, or the unsync marks",
          UnsyncOrderRule.class,
          UnsyncOrder.class,
          UnsyncOrder.UNSYNC_FIRST);

  /** All switches, in the order in which they are listed. */
  public static final List<RuleSwitch<?>> SWITCHES =
      List.of(
          PFN_DIRTY,
          VOLATILE,
          TDP_WRITE,
          FLUSH_ON_UPDATE,
          WRITABLE_LEAF,
          DIRTY_FLUSH,
          FAST_FAULT,
          LOCKLESS_WALK,
          INVALIDATE_RETRY,
          AGING_FLUSH,
          HUGE_RECOVERY,
          UNSYNC_ORDER,
          ZAP_ORDER,
          SPECIAL_ROOTS);

  /** Every switch at its default. */
  public static final Rules DEFAULTS = new Rules(Map.of());

  private final Map<String, Object> values;

  private Rules(Map<String, Object> values) {
    this.values = values;
  }

  /** The switch of a name. */
  public static Optional<RuleSwitch<?>> find(String name) {
    return SWITCHES.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** These rules with one value changed. */
  public <T> Rules with(RuleSwitch<T> rule, T value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.put(rule.name(), rule.type().cast(value));
    return new Rules(Map.copyOf(changed));
  }

  /**
   * These rules with one value changed to a shipped one, by name.
   *
   * @return empty if the switch has no such value
   */
  public <T> Optional<Rules> with(RuleSwitch<T> rule, String label) {
    return rule.values().stream()
        .filter(value -> RuleSwitch.label(value).equals(label))
        .findFirst()
        .map(value -> with(rule, value));
  }

  /** The value of a switch. */
  public <T> T get(RuleSwitch<T> rule) {
    Object value = values.get(rule.name());
    return value == null ? rule.defaultValue() : rule.type().cast(value);
  }

  /** The switches that are not at their default: {@code tdp-write=plain}; empty if none. */
  public String describe() {
    return SWITCHES.stream()
        .filter(rule -> get(rule) != rule.defaultValue())
        .map(rule -> rule.name() + "=" + RuleSwitch.label(get(rule)))
        .collect(Collectors.joining(" "));
  }
}
