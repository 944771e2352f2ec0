package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.StoppedException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * One run of a script, on real threads, in lockstep, or on whatever else executes.
 *
 * <p>The operations of {@code prepare:} run one after the other, each on the CPU of its vCPU or of
 * the host; then every {@code vcpu} and {@code host} section runs on a CPU of its own; then the
 * operations of {@code finally:}; then the MMU is audited and the VM closed. A vCPU keeps its TLB
 * from one part to the next.
 */
public final class ScriptRun {
  private static final int HOST = -1;
  private static final int SEVERAL = -2;

  private final Script script;
  private final Execution execution;
  private final ScriptObserver observer;
  private final VirtualMachine vm;
  private final LogConsumer log;
  private final TrackedPages tracked;
  private final Signals signals;
  private final Vcpu[] vcpus;
  private final List<Runner> runners = new ArrayList<>();

  /** Of the loops of the parts that run alone. */
  private final long[] counters = new long[Script.DEEPEST_LOOP];

  /** How many vCPU sections have yet to end. */
  private final SharedWords running;

  private final HostRunner host;
  private final GuestRunner[] guests;

  private ScriptRun(Script script, Rules rules, Execution execution, ScriptObserver observer) {
    this.script = script;
    this.execution = execution;
    this.observer = observer;
    SwapSpace swap = new ScriptSwap(execution.platform(), execution.synchronization());
    vm = new VirtualMachine(execution, swap, script.vmConfig(), rules);
    log = new LogConsumer(vm, script);
    tracked = new TrackedPages(vm);
    vm.setWriteTracker(tracked);
    signals = new Signals(execution.platform());
    vcpus = new Vcpu[script.vmConfig().mmu().vcpus()];
    guests = new GuestRunner[vcpus.length];
    for (int i = 0; i < vcpus.length; i++) {
      vcpus[i] = vm.newVcpu(i, GuestRunner.FAULTS);
      guests[i] = new GuestRunner(script, vcpus[i], signals, counters);
      runners.add(guests[i]);
    }
    host = new HostRunner(script, "host", counters, vm, log, tracked, signals, () -> false);
    runners.add(host);
    running = execution.platform().newWords(1);
  }

  /**
   * Runs a script under its own rules. Takes the calling thread.
   *
   * @param execution with at least {@link Script#cpus} CPUs, on which nothing has run or failed,
   *     and at least {@link Script#frames} frames
   * @throws InputException if the script asks for what cannot be, for instance to delete a slot
   *     that is not there: {@code NAME:LINE: ...}
   * @throws StoppedException if the execution was stopped from outside
   */
  public static ScriptResult run(Script script, Execution execution) {
    return run(script, script.rules(), execution);
  }

  /** Runs a script under other rules than its own, see {@link #run(Script, Execution)}. */
  public static ScriptResult run(Script script, Rules rules, Execution execution) {
    return run(script, rules, execution, ScriptObserver.NOBODY);
  }

  /** As {@link #run(Script, Rules, Execution)}, with someone who looks on. */
  public static ScriptResult run(
      Script script, Rules rules, Execution execution, ScriptObserver observer) {
    return new ScriptRun(script, rules, execution, observer).run();
  }

  private ScriptResult run() {
    List<String> audit = List.of();
    RuntimeException failure = null;
    try {
      switchPagingOn();
      runAlone(script.prepare());
      observer.prepared(vm, List.of(vcpus));
      runTogether();
      runAlone(script.finish());
      audit = audit();
    } catch (InputException | StoppedException e) {
      throw e;
    } catch (CpuFailureException e) {
      if (e.getCause() instanceof InputException mistake) {
        throw mistake;
      }
      failure = e;
    } catch (RuntimeException e) {
      // A broken invariant, a deadlock, a schedule that does not end.
      failure = e;
    }
    List<Violation> violations =
        runners.stream()
            .flatMap(runner -> runner.findings().violations().stream())
            .sorted(Comparator.comparingInt(Violation::line))
            .toList();
    return new ScriptResult(violations, audit, failure);
  }

  private void switchPagingOn() {
    InitialTables tables = script.tables();
    if (tables == null) {
      return;
    }
    switch (tables) {
      case IdentityTables made -> inGuest(vcpus[0], cpu -> made.build(vcpus[0]));
      case StatedTables stated ->
          execution.start(vm.hostCpu(0).index(), "host", cpu -> stated.build(cpu, vm));
    }
    execution.join();
    for (Vcpu vcpu : vcpus) {
      execution.start(vcpu.index(), "vcpu" + vcpu.index(), cpu -> vcpu.load(tables.registers()));
    }
    execution.join();
  }

  private void inGuest(Vcpu vcpu, Consumer<Cpu> body) {
    execution.start(
        vcpu.index(),
        "vcpu" + vcpu.index(),
        cpu -> {
          vcpu.enterGuest();
          body.accept(cpu);
          vcpu.leaveGuest();
        });
  }

  private void runTogether() {
    running.set(0, script.vcpus().size());
    script
        .vcpus()
        .forEach(
            (number, statements) -> {
              GuestRunner runner =
                  new GuestRunner(script, vcpus[number], signals, new long[Script.DEEPEST_LOOP]);
              runners.add(runner);
              inGuest(
                  vcpus[number],
                  cpu -> {
                    runner.run(cpu, statements);
                    if (script.waitsForVcpus()) {
                      running.getAndAdd(0, -1);
                    }
                  });
            });
    script
        .hosts()
        .forEach(
            (number, statements) -> {
              String who = "host " + number;
              HostRunner runner =
                  new HostRunner(
                      script,
                      who,
                      new long[Script.DEEPEST_LOOP],
                      vm,
                      log,
                      tracked,
                      signals,
                      this::areVcpusRunning);
              runners.add(runner);
              execution.start(vm.hostCpu(number).index(), who, cpu -> runner.run(cpu, statements));
            });
    execution.join();
  }

  private boolean areVcpusRunning() {
    execution.checkStopped();
    return running.get(0) != 0;
  }

  // --- the parts that run alone ---

  private void runAlone(List<Statement> statements) {
    int end;
    for (int at = 0; at < statements.size(); at = end) {
      int actor = actor(statements.get(at));
      end = at + 1;
      if (actor == SEVERAL) {
        repeatAlone((Statement.Repeat) statements.get(at));
        continue;
      }
      while (end < statements.size() && actor(statements.get(end)) == actor) {
        end++;
      }
      runAlone(actor, statements.subList(at, end));
    }
  }

  private void repeatAlone(Statement.Repeat repeat) {
    for (long i = 0; i < repeat.times(); i++) {
      counters[repeat.loop()] = i;
      runAlone(repeat.body());
    }
  }

  private void runAlone(int actor, List<Statement> statements) {
    if (actor == HOST) {
      execution.start(vm.hostCpu(0).index(), "host", cpu -> host.run(cpu, statements));
    } else {
      GuestRunner runner = guests[actor];
      List<Statement> own = statements.stream().map(ScriptRun::unwrapped).toList();
      inGuest(vcpus[actor], cpu -> runner.run(cpu, own));
    }
    execution.join();
  }

  /** Who runs a statement: a vCPU by number, the host, or several, if it is a loop. */
  private static int actor(Statement statement) {
    if (statement instanceof Statement.OnVcpu onVcpu) {
      return onVcpu.vcpu();
    }
    if (statement instanceof Statement.Repeat repeat) {
      int[] actors = repeat.body().stream().mapToInt(ScriptRun::actor).distinct().toArray();
      return actors.length == 1 ? actors[0] : SEVERAL;
    }
    return HOST;
  }

  /** A statement of one vCPU without saying so again and again. */
  private static Statement unwrapped(Statement statement) {
    return switch (statement) {
      case Statement.OnVcpu onVcpu -> onVcpu.statement();
      case Statement.Repeat repeat ->
          new Statement.Repeat(
              repeat.line(),
              repeat.times(),
              repeat.loop(),
              repeat.body().stream().map(ScriptRun::unwrapped).toList());
      default -> statement;
    };
  }

  // --- the end ---

  private List<String> audit() {
    for (Vcpu vcpu : vcpus) {
      execution.start(vcpu.index(), "vcpu" + vcpu.index(), cpu -> vcpu.shutDown());
    }
    execution.join();
    List<String> findings = vm.mmu().audit(vm.hostCpu(0));
    vm.close();
    return findings;
  }
}
