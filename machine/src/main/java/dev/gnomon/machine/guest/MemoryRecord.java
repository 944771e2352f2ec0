package dev.gnomon.machine.guest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What the memory of one process must hold, byte for byte, by gva: kept outside guest memory, in
 * Java arrays, by code that knows nothing of page tables.
 *
 * <p>A page that was never touched holds its {@link InitialContent}. Pages are found in an
 * open-addressing table, the last one found first. Used by one CPU at a time, as its process is.
 */
final class MemoryRecord {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE_SHIFT = 12;
  private static final int PAGE_SIZE = 1 << PAGE_SHIFT;
  private static final long NO_PAGE = -1;

  private final InitialContent initial;
  private long[] pages = new long[1024];
  private byte[][] contents = new byte[1024][];
  private int size;
  private long lastPage = NO_PAGE;
  private byte[] lastContent = new byte[0];

  MemoryRecord(InitialContent initial) {
    this.initial = initial;
    Arrays.fill(pages, NO_PAGE);
  }

  /** What a process must hold that has just been forked off. */
  MemoryRecord copy() {
    MemoryRecord copy = new MemoryRecord(initial);
    copy.pages = pages.clone();
    copy.contents = new byte[contents.length][];
    copy.size = size;
    for (int i = 0; i < pages.length; i++) {
      if (pages[i] != NO_PAGE) {
        copy.contents[i] = contents[i].clone();
      }
    }
    return copy;
  }

  /** Notes that so many bytes, in whole pages, were unmapped: who touches them finds new pages. */
  void unmapped(long gva, long bytes) {
    for (long page = gva >>> PAGE_SHIFT; page < gva + bytes >>> PAGE_SHIFT; page++) {
      int at = slot(page);
      if (pages[at] == page) {
        fill(contents[at], page);
      }
    }
  }

  /** What 1 to 8 bytes at an address must hold, zero-extended. */
  long expected(long gva, int bytes) {
    int offset = (int) gva & PAGE_SIZE - 1;
    if (offset + 8 <= PAGE_SIZE) {
      long word = (long) LONG.get(content(gva), offset);
      return bytes == 8 ? word : word & (1L << 8 * bytes) - 1;
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (content(gva + i)[(int) (gva + i) & PAGE_SIZE - 1] & 0xffL) << 8 * i;
    }
    return value;
  }

  /** Notes that 1 to 8 bytes were written. */
  void written(long gva, int bytes, long value) {
    int offset = (int) gva & PAGE_SIZE - 1;
    if (bytes == 8 && offset + 8 <= PAGE_SIZE) {
      LONG.set(content(gva), offset, value);
      return;
    }
    for (int i = 0; i < bytes; i++) {
      content(gva + i)[(int) (gva + i) & PAGE_SIZE - 1] = (byte) (value >>> 8 * i);
    }
  }

  /** Every page that was touched, in no order. */
  long[] touchedPages() {
    long[] touched = new long[size];
    int count = 0;
    for (long page : pages) {
      if (page != NO_PAGE) {
        touched[count++] = page << PAGE_SHIFT;
      }
    }
    return touched;
  }

  /** The content of a touched page: the record's own array. */
  byte[] pageContent(long gva) {
    return content(gva);
  }

  /** Replaces the content of a page: for a record that comes from elsewhere. */
  void restore(long gva, byte[] content) {
    System.arraycopy(content, 0, content(gva), 0, PAGE_SIZE);
  }

  private byte[] content(long gva) {
    long page = gva >>> PAGE_SHIFT;
    return page == lastPage ? lastContent : find(page);
  }

  private byte[] find(long page) {
    int at = slot(page);
    byte[] content;
    if (pages[at] == page) {
      content = contents[at];
    } else {
      content = initialContent(page);
      pages[at] = page;
      contents[at] = content;
      size++;
      if (2 * size > pages.length) {
        grow();
      }
    }
    lastPage = page;
    lastContent = content;
    return content;
  }

  private int slot(long page) {
    int mask = pages.length - 1;
    int at = (int) (page * 0x9e37_79b9_7f4a_7c15L >>> 40) & mask;
    while (pages[at] != page && pages[at] != NO_PAGE) {
      at = at + 1 & mask;
    }
    return at;
  }

  private byte[] initialContent(long page) {
    byte[] content = new byte[PAGE_SIZE];
    fill(content, page);
    return content;
  }

  private void fill(byte[] content, long page) {
    for (int offset = 0; offset < PAGE_SIZE; offset += 8) {
      LONG.set(content, offset, initial.word((page << PAGE_SHIFT) + offset));
    }
  }

  private void grow() {
    long[] oldPages = pages;
    byte[][] oldContents = contents;
    pages = new long[2 * oldPages.length];
    contents = new byte[2 * oldPages.length][];
    Arrays.fill(pages, NO_PAGE);
    for (int i = 0; i < oldPages.length; i++) {
      if (oldPages[i] != NO_PAGE) {
        int at = slot(oldPages[i]);
        pages[at] = oldPages[i];
        contents[at] = oldContents[i];
      }
    }
  }
}
