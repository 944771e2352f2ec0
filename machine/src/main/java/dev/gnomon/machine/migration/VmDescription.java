package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;

/**
 * All that must be known to make an empty VM into which a guest can move.
 *
 * @param vm the VM
 * @param guestLevels levels of the guest's page tables, 2 to 5; 0 without paging
 * @param guest how the guest runs its traces
 */
public record VmDescription(VmConfig vm, int guestLevels, GuestConfig guest) {

  static VmDescription of(VirtualMachine vm, Guest guest) {
    return new VmDescription(vm.config(), guest.levels(), guest.config());
  }
}
