package dev.gnomon.machine.guest;

/**
 * What of a process lies outside guest memory and is small.
 *
 * @param traceName what messages call its trace
 * @param traceBytes how large that is as stored, -1 if not known
 * @param cr3 the gpa of its top page table
 * @param stores how many stores it has made
 * @param accesses how many accesses it has made
 * @param slices how many time slices it had
 * @param isFinished whether its trace is at the end
 * @param verified what its verification has found
 */
public record ProcessState(
    String traceName,
    long traceBytes,
    long cr3,
    long stores,
    long accesses,
    long slices,
    boolean isFinished,
    Guest.VerifyResult verified) {}
