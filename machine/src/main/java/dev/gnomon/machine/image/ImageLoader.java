package dev.gnomon.machine.image;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Places an image, and what a multiboot loader tells it, in the memory of a VM, as firmware and a
 * loader would before the VM's first instruction. None of the VM's vCPUs runs.
 */
public final class ImageLoader {
  /** In EAX when a multiboot image starts; EBX is the gpa of the information. */
  public static final int MULTIBOOT_MAGIC = 0x2bad_b002;

  /**
   * Where the multiboot information goes: the first of these that the image leaves free, else
   * behind it. Images move code for other processors to the lowest pages, so not there.
   */
  private static final long[] INFORMATION = {0x9000, 0x9_0000};

  private final VirtualMachine vm;
  private final Cpu cpu;
  private final GuestMemoryMap memory;

  /** Into that VM. */
  public ImageLoader(VirtualMachine vm) {
    this.vm = vm;
    cpu = vm.hostCpu(0);
    memory = vm.memoryMap();
  }

  /**
   * Places an image.
   *
   * @param commandLine what it is told; a multiboot loader puts the image's name first
   * @return the gpa of the multiboot information, 0 if the image gets none
   * @throws InputException if it does not fit
   */
  public long load(GuestImage image, String commandLine, List<BootModule> modules) {
    for (GuestImage.Part part : image.parts()) {
      check(image.name(), part);
      write(part.gpa(), part.file(), part.offset(), part.length());
      // What the file has nothing of is zero in a VM that nobody has used.
    }
    return image.mode() == StartMode.MULTIBOOT ? inform(image, commandLine, modules) : 0;
  }

  private void check(String name, GuestImage.Part part) {
    boolean isLow = part.end() <= memory.lowBytes();
    boolean isHigh = part.gpa() >= GuestMemoryMap.HIGH && part.end() <= memory.endGpa();
    if (part.gpa() < 0 || part.end() < part.gpa() || !isLow && !isHigh) {
      throw new InputException(
          "%s: 0x%x to 0x%x does not lie in the guest's memory (%d MiB, from 0): see --memory"
              .formatted(name, part.gpa(), part.end() - 1, memory.memoryBytes() >> 20));
    }
  }

  private long inform(GuestImage image, String commandLine, List<BootModule> modules) {
    int size = MultibootInformation.size(commandLine, modules);
    long end = image.end();
    long gpa = informationGpa(image, size);
    if (gpa >= end) {
      end = gpa + size;
    }
    List<MultibootInformation.Place> places = new ArrayList<>();
    long next = Math.max(end, MultibootInformation.UPPER);
    for (BootModule module : modules) {
      next = frameAfter(next);
      byte[] content = module.content();
      check(module.text(), new GuestImage.Part(next, content, 0, content.length, content.length));
      write(next, content, 0, content.length);
      places.add(new MultibootInformation.Place(next, module));
      next += content.length;
    }
    byte[] bytes = MultibootInformation.make(gpa, commandLine, places, memory);
    check(image.name(), new GuestImage.Part(gpa, bytes, 0, size, size));
    write(gpa, bytes, 0, size);
    return gpa;
  }

  private static long informationGpa(GuestImage image, int size) {
    for (long gpa : INFORMATION) {
      if (!image.overlaps(gpa, gpa + size) && gpa + size <= MultibootInformation.LOWER_END) {
        return gpa;
      }
    }
    return frameAfter(image.end());
  }

  private static long frameAfter(long gpa) {
    return gpa + PhysicalMemory.FRAME_SIZE - 1 & -PhysicalMemory.FRAME_SIZE;
  }

  private void write(long gpa, byte[] from, int offset, int length) {
    long hva =
        PhysicalMemory.hpa(vm.baseHvn() + frameOf(gpa)) + (gpa & PhysicalMemory.FRAME_SIZE - 1);
    vm.hostSpace().write(cpu, hva, from, offset, length);
  }

  private static long frameOf(long gpa) {
    long inMemory =
        gpa < GuestMemoryMap.HOLE ? gpa : gpa - GuestMemoryMap.HIGH + GuestMemoryMap.HOLE;
    return PhysicalMemory.pfn(inMemory);
  }
}
