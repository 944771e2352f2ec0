package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.arch.AccessKind;

/** One step of a random run. Picks are taken modulo what there is. */
public sealed interface Operation {

  /** Does it to the VM and its model. */
  void apply(ModelVm vm);

  /** A guest access. */
  record Access(int vcpu, AccessKind kind, int gfn) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.access(vcpu, kind, gfn);
    }
  }

  /** A speculative walk. */
  record Speculate(int vcpu, int gfn) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.speculate(vcpu, gfn);
    }
  }

  /** A vCPU leaves guest mode. */
  record Leave(int vcpu, boolean isStopping) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.leave(vcpu, isStopping);
    }
  }

  /** The host takes, cleans, moves or resizes a page. */
  record Host(HostAction action, int gfn) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.host(action, gfn);
    }
  }

  /** The host asks whether a page was used. */
  record Age(int gfn, boolean isClearing) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.age(gfn, isClearing);
    }
  }

  /** A slot comes or goes. */
  record AddOrDelete(int slot) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.addOrDelete(slot);
    }
  }

  /** A slot moves. */
  record Move(int slot, int home) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.move(slot, home);
    }
  }

  /** A slot's dirty log goes on or off. */
  record SwitchLog(int slot) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.switchLog(slot);
    }
  }

  /** The VMM reads the dirty log. */
  record GetLog(int slot) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.getLog(slot);
    }
  }

  /** The VMM clears some of what it read. */
  record ClearLog(int slot, int step) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.clearLog(slot, step);
    }
  }

  /** A gfn is write-tracked, or no longer. */
  record Track(int gfn, boolean isAdding) implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.track(gfn, isAdding);
    }
  }

  /** Splits of the NX mitigation are undone. */
  record RecoverNx() implements Operation {
    @Override
    public void apply(ModelVm vm) {
      vm.recoverNx();
    }
  }
}
