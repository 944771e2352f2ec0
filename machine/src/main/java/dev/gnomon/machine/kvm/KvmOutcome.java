package dev.gnomon.machine.kvm;

import dev.gnomon.machine.x86.CpuState;
import java.util.List;

/**
 * What a guest did under the host's KVM.
 *
 * @param output what the recorder would have printed
 * @param events KVM's events, in canonical form; none if they could not be had
 * @param eventsObstacle why they could not be had, in one line; empty if they are there
 * @param trouble how vCPUs ended that did not end by themselves, a line each; none if all did
 * @param states each vCPU's registers, its last instruction finished
 */
public record KvmOutcome(
    List<String> output,
    List<String> events,
    String eventsObstacle,
    List<String> trouble,
    List<CpuState> states) {

  public KvmOutcome {
    output = List.copyOf(output);
    events = List.copyOf(events);
    trouble = List.copyOf(trouble);
    states = List.copyOf(states);
  }
}
