package dev.gnomon.cli.stress;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.mmu.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One scenario under one seed, for so long. */
final class StressRun {
  private static final int WRITES_OF_4 = 3;

  /** What came of it. */
  record Outcome(@Nullable Loss loss, long operations, double seconds) {}

  private StressRun() {}

  /** Runs until a page is lost or the time is over. */
  static Outcome run(Scenario scenario, Rules rules, Backend backend, long seed, double seconds) {
    long begin = System.nanoTime();
    try (StressVm stress = new StressVm(scenario, rules, backend, seed, seconds)) {
      List<Hammer> hammers = start(scenario, stress);
      for (HostDriver driver : scenario.drivers()) {
        int which = scenario.drivers().indexOf(driver);
        stress
            .execution()
            .start(
                stress.vm().hostCpu(which).index(),
                "host" + which,
                host -> driver.run(host, stress, scenario.pages()));
      }
      try {
        stress.execution().join();
        checkAll(stress, hammers);
        stress.vm().mmu().audit(stress.vm().hostCpu(0)).stream()
            .findFirst()
            .ifPresent(violation -> stress.lost(new Loss(0, "audit: " + violation)));
      } catch (CpuFailureException e) {
        // The MMU itself noticed: a broken invariant is as good as a lost page.
        stress.lost(new Loss(0, String.valueOf(e.getCause())));
      }
      long operations = hammers.stream().mapToLong(Hammer::operations).sum();
      return new Outcome(stress.loss(), operations, (System.nanoTime() - begin) / 1e9);
    }
  }

  private static List<Hammer> start(Scenario scenario, StressVm stress) {
    List<Hammer> hammers = new ArrayList<>();
    VirtualMachine vm = stress.vm();
    for (int i = 0; i < vm.config().mmu().vcpus(); i++) {
      Hammer hammer = new Hammer(stress, scenario.pages(), i, WRITES_OF_4);
      hammers.add(hammer);
      stress.execution().start(i, "vcpu" + i, hammer::run);
    }
    return hammers;
  }

  /** Reads everything once more, through a vCPU. */
  private static void checkAll(StressVm stress, List<Hammer> hammers) {
    stress
        .execution()
        .start(
            0,
            "check",
            cpu -> {
              Vcpu vcpu = stress.newVcpu(0);
              vcpu.enterGuest();
              hammers.forEach(hammer -> hammer.checkAll(vcpu));
              vcpu.leaveGuest();
              vcpu.shutDown();
            });
    stress.execution().join();
  }
}
