package dev.gnomon.machine.guest;

/** Where guest code finds a physical address: at a fixed distance, once paging is on. */
final class DirectMap {
  private long base;

  DirectMap(long base) {
    this.base = base;
  }

  /** The linear address of a physical one. */
  long at(long gpa) {
    return base + gpa;
  }

  /** Says where physical address 0 is found from now on. While the guest boots. */
  void setBase(long linear) {
    base = linear;
  }
}
