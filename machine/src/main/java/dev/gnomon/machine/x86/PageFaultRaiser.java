package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.Vcpu;

/**
 * The page-fault handler of a vCPU that executes machine code: raises #PF where the access was
 * made. One per vCPU, given to it when it is made.
 */
public final class PageFaultRaiser implements PageFaultHandler {
  private final GuestException exception = new GuestException();

  @Override
  public void pageFault(Vcpu vcpu, long gva, long code) {
    throw exception.setPageFault(gva, code);
  }
}
