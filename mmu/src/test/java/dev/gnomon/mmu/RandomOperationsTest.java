package dev.gnomon.mmu;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.DirtyFlush;
import dev.gnomon.mmu.fault.FastFault;
import dev.gnomon.mmu.notify.AgingFlush;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.TdpWrite;
import dev.gnomon.mmu.spte.Volatility;
import dev.gnomon.mmu.tdp.HugeRecovery;
import dev.gnomon.mmu.testing.HostAction;
import dev.gnomon.mmu.testing.ModelVm;
import dev.gnomon.mmu.testing.Operation;
import dev.gnomon.mmu.testing.Setup;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/**
 * Whatever guest, host and VMM do, one after the other, in every configuration and under every rule
 * that is safe, with TLBs that forget nothing by themselves: the guest finds what it wrote, every
 * write is in the next report, write tracking holds, no freed frame is touched, the tables are
 * sound, and nothing leaks.
 */
class RandomOperationsTest {

  @Property(tries = 1500, shrinking = ShrinkingMode.BOUNDED)
  void theVmDoesWhatTheModelDoes(
      @ForAll("setups") Setup setup, @ForAll("operations") List<Operation> operations) {
    ModelVm vm = new ModelVm(setup);
    for (Operation operation : operations) {
      operation.apply(vm);
      vm.check();
    }
    vm.finish();
  }

  @Provide
  Arbitrary<Setup> setups() {
    Arbitrary<List<Integer>> focus =
        Arbitraries.integers().between(0, 99).list().ofMinSize(2).ofMaxSize(6);
    return Combinators.combine(configs(), rules(), Arbitraries.of(Setup.Tlb.class), focus)
        .as(Setup::new);
  }

  private static Arbitrary<MmuConfig> configs() {
    Arbitrary<MmuConfig> processors =
        Combinators.combine(
                Arbitraries.of(TdpKind.class),
                booleans(),
                booleans(),
                Arbitraries.of(4, 5),
                Arbitraries.frequency(Tuple.of(2, 1), Tuple.of(8, 2), Tuple.of(2, 3)),
                Arbitraries.of(1, 2))
            .as(
                (kind, accessedDirty, nx, levels, largest, vcpus) ->
                    MmuConfig.of(kind, vcpus)
                        .withAccessedDirty(accessedDirty || kind == TdpKind.NPT)
                        .withNxHugePages(nx)
                        .withLevels(levels)
                        .withLargestLevel(largest));
    return Combinators.combine(
            processors, Arbitraries.of(DirtyLogKind.class), booleans(), booleans(), booleans())
        .as(
            (processor, log, isManual, isSet, isEager) ->
                processor
                    .withDirtyLog(
                        processor.tdp() == TdpKind.NPT && log == DirtyLogKind.PML
                            ? DirtyLogKind.BITMAP
                            : log)
                    .withRingEntries(MmuConfig.MINIMUM_RING_ENTRIES)
                    .withManualProtect(isManual, isManual && isSet)
                    .withEagerSplit(isEager)
                    .withWriteTracking(true));
  }

  private static Arbitrary<Boolean> booleans() {
    return Arbitraries.of(true, false);
  }

  private static Arbitrary<Rules> rules() {
    Arbitrary<Rules> rules = Arbitraries.just(Rules.DEFAULTS);
    rules = with(rules, Rules.PFN_DIRTY, List.of(PfnDirty.values()));
    rules =
        with(
            rules,
            Rules.VOLATILE,
            List.of(
                Volatility.ANY_MMU_WRITABLE,
                Volatility.UNLESS_WRITABLE,
                Volatility.NEEDS_ATOMIC_UPDATE));
    rules =
        with(
            rules,
            Rules.TDP_WRITE,
            List.of(TdpWrite.EXCHANGE_IF_VOLATILE, TdpWrite.EXCHANGE_ALWAYS));
    rules =
        with(
            rules,
            Rules.FLUSH_ON_UPDATE,
            List.of(FlushOnUpdate.TO_READONLY, FlushOnUpdate.MMU_WRITABLE_CLEARED));
    rules = with(rules, Rules.DIRTY_FLUSH, List.of(DirtyFlush.UNDER_LOCK, DirtyFlush.IF_REAPED));
    rules =
        with(rules, Rules.FAST_FAULT, List.of(FastFault.OFF, FastFault.ON, FastFault.EPT_ALWAYS));
    rules = with(rules, Rules.AGING_FLUSH, List.of(AgingFlush.values()));
    return with(rules, Rules.HUGE_RECOVERY, List.of(HugeRecovery.values()));
  }

  private static <T> Arbitrary<Rules> with(
      Arbitrary<Rules> rules, RuleSwitch<T> rule, List<? extends T> values) {
    return Combinators.combine(rules, Arbitraries.of(values))
        .as((before, value) -> before.with(rule, value));
  }

  @Provide
  Arbitrary<List<Operation>> operations() {
    Arbitrary<Integer> vcpu = Arbitraries.integers().between(0, 1);
    Arbitrary<Integer> gfn = Arbitraries.integers().between(0, 5);
    Arbitrary<Integer> slot = Arbitraries.integers().between(0, 5);
    Arbitrary<Operation> access =
        Combinators.combine(vcpu, Arbitraries.of(AccessKind.class), gfn).as(Operation.Access::new);
    return Arbitraries.<Operation>frequencyOf(
            Tuple.of(30, access),
            Tuple.of(3, Combinators.combine(vcpu, gfn).as(Operation.Speculate::new)),
            Tuple.of(2, Combinators.combine(vcpu, booleans()).as(Operation.Leave::new)),
            Tuple.of(
                10,
                Combinators.combine(Arbitraries.of(HostAction.class), gfn).as(Operation.Host::new)),
            Tuple.of(6, Combinators.combine(gfn, booleans()).as(Operation.Age::new)),
            Tuple.of(2, slot.map(Operation.AddOrDelete::new)),
            Tuple.of(1, Combinators.combine(slot, slot).as(Operation.Move::new)),
            Tuple.of(4, slot.map(Operation.SwitchLog::new)),
            Tuple.of(5, slot.map(Operation.GetLog::new)),
            Tuple.of(
                4,
                Combinators.combine(slot, Arbitraries.integers().between(1, 3))
                    .as(Operation.ClearLog::new)),
            Tuple.of(3, Combinators.combine(gfn, booleans()).as(Operation.Track::new)),
            Tuple.of(1, Arbitraries.of(new Operation.RecoverNx())))
        .list()
        .ofMinSize(40)
        .ofMaxSize(120);
  }
}
