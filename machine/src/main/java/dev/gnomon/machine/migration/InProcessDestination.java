package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.guest.GuestState;
import java.util.Arrays;

/**
 * Another VM in this process. What lies outside guest memory moves with the {@link
 * dev.gnomon.machine.guest.Guest} itself: when the migration is over, move it there and start it.
 *
 * <p>The VM may run on the source's platform or on one of its own; until the migration is over its
 * first host CPU belongs to the thread that migrates.
 */
public final class InProcessDestination implements PageSink {
  private final VirtualMachine vm;
  private final DestinationMemory memory;

  /** A VM whose memory is all untouched. */
  public InProcessDestination(VirtualMachine vm) {
    this.vm = vm;
    memory = new DestinationMemory(vm);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if this VM has another size or number of vCPUs
   */
  @Override
  public void begin(VmDescription description) {
    if (description.vm().memoryBytes() != vm.config().memoryBytes()
        || description.vm().mmu().vcpus() != vm.config().mmu().vcpus()) {
      throw new IllegalArgumentException("the destination must be as large as the source");
    }
  }

  @Override
  public void page(long frame, byte[] content) {
    memory.page(frame, content);
  }

  @Override
  public void zeros(long frame) {
    memory.zeros(frame);
  }

  @Override
  public void endRound() {
    // Each page has arrived when its call returns.
  }

  @Override
  public void guestState(GuestState state) {
    // It moves with the guest.
  }

  @Override
  public void compare(long frame, byte[] content) {
    memory.compare(frame, held -> Arrays.equals(held, content));
  }

  @Override
  public Comparison comparison() {
    return memory.comparison();
  }
}
