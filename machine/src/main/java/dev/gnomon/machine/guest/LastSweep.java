package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import java.util.List;

/**
 * The last check of a verified guest: all that its processes have touched is read once more, and
 * the guest must have counted its time slices right. Code of its kernel.
 */
final class LastSweep {
  private final GuestKernel kernel;
  private final List<GuestProcess> processes;

  LastSweep(GuestKernel kernel, List<GuestProcess> processes) {
    this.kernel = kernel;
    this.processes = processes;
  }

  /** Makes it, in guest mode, in supervisor mode. */
  void make(Vcpu vcpu) {
    long slices = 0;
    for (GuestProcess process : processes) {
      kernel.load(vcpu, process);
      verifierOf(process).sweep(vcpu);
      slices += process.slices();
    }
    kernel.unload(vcpu);
    long counted = kernel.slices(vcpu);
    if (counted != slices && !processes.isEmpty()) {
      verifierOf(processes.get(0)).mismatch(kernel.layout().kernelPage(), slices, counted);
    }
  }

  private static Verifier verifierOf(GuestProcess process) {
    Verifier verifier = process.verifier();
    if (verifier == null) {
      throw new IllegalStateException("the guest is not verified");
    }
    return verifier;
  }
}
