package dev.gnomon.machine.image;

/**
 * A file that is placed beside a multiboot image.
 *
 * @param text what the image is told about it: its name, and arguments
 * @param content its bytes
 */
public record BootModule(String text, byte[] content) {}
