package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import java.util.List;

/** Looks on while a script runs. */
@FunctionalInterface
public interface ScriptObserver {
  /** Does not look. */
  ScriptObserver NOBODY = (vm, vcpus) -> {};

  /**
   * The machine is prepared; the sections that run at once come next. Called outside bodies.
   *
   * @param vcpus by index
   */
  void prepared(VirtualMachine vm, List<Vcpu> vcpus);
}
