/**
 * Images that a machine boots, from a file's bytes to a guest's memory: multiboot 1, ELF, flat
 * binaries. An image is read and checked as a whole ({@link dev.gnomon.machine.image.GuestImage}),
 * then placed ({@link dev.gnomon.machine.image.ImageLoader}). Whatever is wrong with one is an
 * {@link dev.gnomon.machine.InputException} of one line that begins with the file's name.
 */
@NullMarked
package dev.gnomon.machine.image;

import org.jspecify.annotations.NullMarked;
