package dev.gnomon.machine.guest;

import dev.gnomon.mmu.arch.ControlRegisters;
import java.util.List;

/**
 * What of a paused guest lies outside its memory and is small: its vCPUs, and what it must remember
 * of its processes. See {@link Guest#state} and {@link Guest#restore}.
 *
 * @param registers of each vCPU
 * @param accessesPerVcpu how many accesses each has made
 * @param processes in the order of their numbers
 * @param sharedWrites how many writes each side of each pair of processes has made to the page they
 *     share
 */
public record GuestState(
    List<ControlRegisters> registers,
    List<Long> accessesPerVcpu,
    List<ProcessState> processes,
    List<Long> sharedWrites) {

  public GuestState {
    registers = List.copyOf(registers);
    accessesPerVcpu = List.copyOf(accessesPerVcpu);
    processes = List.copyOf(processes);
    sharedWrites = List.copyOf(sharedWrites);
  }
}
