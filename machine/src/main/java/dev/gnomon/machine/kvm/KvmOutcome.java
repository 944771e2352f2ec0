package dev.gnomon.machine.kvm;

import dev.gnomon.machine.recorder.FinalState;
import java.util.List;

/**
 * What a guest did under the host's KVM.
 *
 * @param output what the recorder would have printed
 * @param events KVM's events, in canonical form; none if they could not be had
 * @param eventsObstacle why they could not be had, in one line; empty if they are there
 * @param trouble how vCPUs ended that did not end by themselves; none if all did
 * @param end what the machine held then
 */
public record KvmOutcome(
    List<String> output,
    List<String> events,
    String eventsObstacle,
    List<Trouble> trouble,
    FinalState end) {

  public KvmOutcome {
    output = List.copyOf(output);
    events = List.copyOf(events);
    trouble = List.copyOf(trouble);
  }

  /**
   * How a vCPU ended that did not end by itself.
   *
   * @param text one line
   * @param isGuests whether the guest did it (a triple fault), not KVM or who runs it
   */
  public record Trouble(String text, boolean isGuests) {}
}
