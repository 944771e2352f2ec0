/**
 * The instruction engine: what a vCPU does with x86 machine code, in real mode, 16- and 32-bit
 * protected mode, compatibility and 64-bit mode.
 *
 * <p>Instructions are decoded once into blocks of operations ({@link
 * dev.gnomon.machine.x86.Block}), which {@link dev.gnomon.machine.x86.X86Cpu} executes. All that
 * several CPUs share is reached through the vCPU and the board; everything here is used by the CPU
 * that runs the vCPU.
 */
@NullMarked
package dev.gnomon.machine.x86;

import org.jspecify.annotations.NullMarked;
