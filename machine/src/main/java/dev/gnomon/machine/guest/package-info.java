/**
 * What a vCPU executes: a small operating system that runs processes, each of which plays a
 * recorded trace; and scripts of single operations.
 *
 * <p>Guest code touches guest memory through its vCPU only. What the guest must remember across a
 * migration lies in guest memory; outside it are kept the position in each trace, and a record of
 * what memory must hold, which shares nothing with the MMU.
 */
@NullMarked
package dev.gnomon.machine.guest;

import org.jspecify.annotations.NullMarked;
