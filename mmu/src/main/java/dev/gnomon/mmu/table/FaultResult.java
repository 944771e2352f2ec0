package dev.gnomon.mmu.table;

/** What became of a fault: KVM's RET_PF_*. */
public enum FaultResult {
  /** Internal: no answer yet, go on. */
  CONTINUE,
  /** Lost a race; let the vCPU fault again. */
  RETRY,
  /** No memory behind it, or memory that may not be written: the VMM emulates the access. */
  EMULATE,
  /** The gfn is write-tracked: the write is emulated. */
  WRITE_PROTECTED,
  /** The guest's own tables refuse the access: the guest gets the fault. */
  GUEST_FAULT,
  /** L1's nested tables refuse the access of L2's: L1 gets the violation. */
  NESTED_VIOLATION,
  /** Internal: not for the fast path. */
  INVALID,
  /** Mapped. */
  FIXED,
  /** Someone else had fixed it. */
  SPURIOUS
}
