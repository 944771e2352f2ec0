package dev.gnomon.machine.guest;

/**
 * An address space of the guest.
 *
 * @param id its number, from 1; never that of another. Without paging all processes have that of
 *     one space
 * @param cr3 the gpa of its top table
 */
record AddressSpace(long id, long cr3) {}
