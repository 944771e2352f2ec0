package dev.gnomon.machine.processor;

/** The guest's handler of #PF: guest code, run in guest mode at CPL 0 on the vCPU that faulted. */
@FunctionalInterface
public interface PageFaultHandler {

  /**
   * Handles a guest page fault; the access is then tried again.
   *
   * @param gva the address, as in CR2
   * @param code a {@link dev.gnomon.mmu.arch.FaultCode}
   */
  void pageFault(Vcpu vcpu, long gva, long code);
}
