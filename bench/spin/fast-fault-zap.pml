/*
 * A fast page fault against a zap: can a page that the guest wrote come back as it was before?
 *
 * The protocol of Gnomon's TDP MMU with accessed and dirty bits off and pfn-dirty=on-clear, as a
 * model: what KVM did to 5.17 (define PLAIN) and does since 5.18 (define EXCHANGE).
 *
 *   spin -a -DPLAIN fast-fault-zap.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * One statement is one access to a word that others can change, or a step on what nobody else can
 * see. What is in:
 *   - the leaf SPTE: shadow-present, W, MMU-writable, access-tracked, pfn; stores, exchanges and
 *     compare-and-exchanges of it, and the volatility rule "unless-writable";
 *   - the vCPU: poll of its request word before each access, a TLB (with DROPS defined it may have
 *     dropped its entry), the hardware walk, leaving and entering guest mode, the fast page fault with its four
 *     attempts, the slow path with the invalidation sequence, the host page and the install by
 *     compare-and-exchange under the read lock;
 *   - mmu_lock, one step to take and one to leave; read sections of RCU and of the memslots, which
 *     are announced in a word (nothing is freed under them here);
 *   - the rendezvous of a flush: request, mode word, wait;
 *   - the host: its page-table entry with busy and pinned states, dirt and swap slot of each frame,
 *     the swap slot's content, frames that are freed and used again; age, write-back in two halves,
 *     evict.
 * What is left out, all of it to the model's advantage: the three upper levels of the table, which
 * do not change here; the yield of a contended lock, which matters for more than one leaf; the
 * reference count of the root; regions, statistics, the locks of the swap space and the frame
 * allocator (one step each); all pages but one, all bytes of it but one; the store buffer, so
 * memory is sequentially consistent; a vCPU told to retry waits until that can help.
 *
 * The threads: by default, the page was written, aged and saved, and is clean; the guest writes
 * it while the host evicts it. With WHOLE nothing has happened yet: the guest writes the page twice
 * while the host writes it out, ages it, cleans it while it may be mapped again, and evicts it.
 */

#if !defined(PLAIN) && !defined(EXCHANGE)
#error define PLAIN or EXCHANGE: the value of tdp-write
#endif

/* The leaf SPTE. Not present: 0. */
#define PRESENT 1
#define W 2
#define MMU_WRITABLE 4
#define TRACKED 8
#define PFN 16
#define SPTE(f) (PRESENT | W | MMU_WRITABLE | ((f) * PFN))
#define pfn_of(s) ((s) / PFN)
#define is_present(s) ((s) & PRESENT)
#define allows_write(s) (is_present(s) && !((s) & TRACKED) && ((s) & W))
#define is_volatile(s) (((s) & TRACKED) || (!((s) & W) && ((s) & MMU_WRITABLE)))

/* The host's page-table entry. */
#define EMPTY 0
#define DROPPED 1
#define SWAPPED 2
#define BUSY 3
#define HOST 4
#define HOST_PFN 8
#define PIN 16
#define HPTE(f) (HOST | ((f) * HOST_PFN))
#define is_host_present(h) ((h) & HOST)
#define is_pinned(h) ((h) & PIN)
#define host_pfn(h) (((h) & HOST_PFN) / HOST_PFN)

#ifdef WHOLE
#define WRITES 2
#else
#define WRITES 1
#endif

#define IN_GUEST 1
#define ENTRY 2

byte spte;
byte hpte;
byte content[2];
bool is_dirty[2];
bool has_slot[2];
bool is_free[2];
byte swap;

byte request;
byte mode;
bool writer;
byte readers;
bool in_rcu[2];
bool in_memslots[2];
byte invalidations;
byte invalidating;

/* Ghosts: what the guest wrote last, and how many threads are done. */
byte written;
byte done;

inline write_lock() { atomic { !writer && readers == 0 -> writer = true } }
inline write_unlock() { writer = false }
inline read_lock() { atomic { !writer -> readers++ } }
inline read_unlock() { readers-- }

inline mark_dirty(f) {
  if
  :: is_dirty[f] -> skip
  :: else -> is_dirty[f] = true
  fi
}

/* Which frame is taken makes no difference, so the first. */
inline allocate(f) {
  atomic {
    if
    :: is_free[0] -> f = 0
    :: else -> assert(is_free[1]); f = 1
    fi;
    is_free[f] = false;
    is_dirty[f] = false
  }
}

/* Makes a page that is not present so. Leaves its entry in h. */
inline bring_in(h, f) {
  do
  :: atomic { h = hpte; f = 0 };
    if
    :: is_host_present(h) -> break
    :: h == BUSY -> hpte != BUSY
    :: else ->
      if
      :: atomic { hpte == h -> hpte = BUSY };
        allocate(f);
        if
        :: h == SWAPPED -> content[f] = swap; has_slot[f] = true
        :: else -> content[f] = 0; has_slot[f] = false
        fi;
        atomic { hpte = HPTE(f); h = HPTE(f) };
        break
      :: atomic { hpte != h -> skip }
      fi
    fi
  od
}

/* --- the vCPU --- */

inline flush_tlb() { tlb = 0 }

inline leave_guest() { mode = mode & ~IN_GUEST }

inline enter_guest() {
  do
  :: if
    :: request -> atomic { request = 0; flush_tlb() }
    :: !request -> skip
    fi;
    mode = (mode + ENTRY) | IN_GUEST;
    if
    :: !request -> break
    :: request -> leave_guest()
    fi
  od
}

/* Ends with result FIXED (also spurious) or INVALID. */
inline fast_page_fault() {
  in_rcu[0] = true;
  attempt = 0;
  result = RETRY;
  do
  :: attempt == 4 || result != RETRY -> break
  :: else ->
    attempt++;
    old = spte;
    if
    :: !is_present(old) -> result = INVALID
    :: else ->
      if
      :: allows_write(old) -> result = FIXED
      :: else ->
        new = old & ~TRACKED;
        if
        :: old & MMU_WRITABLE -> new = new | W
        :: else
        fi;
        if
        :: new == old || !allows_write(new) -> result = INVALID
        :: else ->
          atomic {
            if
            :: spte == old -> spte = new; result = FIXED
            :: else -> result = RETRY
            fi
          }
        fi
      fi
    fi
  od;
  if
  :: result == RETRY -> result = INVALID
  :: else
  fi;
  in_rcu[0] = false
}

/* Ends with result FIXED or RETRY. */
inline slow_page_fault() {
  sequence = invalidations;
  bring_in(h, f);
  read_lock();
  result = RETRY;
  if
  :: invalidating -> skip
  :: !invalidating ->
    if
    :: invalidations != sequence -> skip
    :: invalidations == sequence ->
      in_rcu[0] = true;
      old = spte;
      if
      :: allows_write(old) -> result = FIXED
      :: else ->
        new = SPTE(host_pfn(h));
        assert(!is_present(old) || pfn_of(old) == pfn_of(new));
        atomic {
          if
          :: spte == old -> spte = new; result = FIXED
          :: else
          fi
        }
        /* A writable entry takes the place of one that was not: no dirt is lost by it. */
      fi;
      in_rcu[0] = false
    fi
  fi;
  read_unlock()
}

/* Leaves a translation in tlb that allows a write. */
inline translate() {
  do
  :: tlb = spte;
    if
    :: allows_write(tlb) -> break
    :: else ->
      tlb = 0;
      leave_guest();
      in_memslots[0] = true;
      fast_page_fault();
      if
      :: result == INVALID -> slow_page_fault()
      :: else
      fi;
      in_memslots[0] = false;
      enter_guest();
      if
      :: result == RETRY -> !invalidating || request
      :: else
      fi
    fi
  od
}

inline guest_write(value) {
  if
  :: request -> leave_guest(); enter_guest()
  :: !request -> skip
  fi;
  if
  :: allows_write(tlb) -> skip
#ifdef DROPS
  :: translate()
#else
  :: else -> translate()
#endif
  fi;
  atomic {
    assert(!is_free[pfn_of(tlb)]);
    content[pfn_of(tlb)] = value;
    written = value
  }
}

mtype = { FIXED, INVALID, RETRY };

proctype vcpu() {
  byte tlb, old, new, h, f, sequence, attempt, value;
  mtype result;

  enter_guest();
  value = 2;
  do
  :: value == 2 + WRITES -> break
  :: else ->
    guest_write(value);
    value++
  od;
  leave_guest();
  done++
}

/* --- the host --- */

inline flush_all() {
  request = 1;
  seen = mode;
  if
  :: seen & IN_GUEST -> mode != seen
  :: else
  fi
}

/* Under the write lock. Leaves in old what was there, as far as is known. */
inline replace(new) {
#ifdef EXCHANGE
  if
  :: is_volatile(old) -> atomic { was = spte; spte = new; old = was }
  :: else -> spte = new
  fi
#else
  spte = new
#endif
}

inline invalidate_start() {
  in_memslots[1] = true;
  write_lock();
  invalidating++;
  old = spte;
  if
  :: is_present(old) ->
    replace(0);
    if
    :: old & W -> mark_dirty(pfn_of(old))
    :: else
    fi;
    flush_all()
  :: else
  fi;
  write_unlock();
  in_memslots[1] = false
}

inline invalidate_end() {
  write_lock();
  invalidations++;
  invalidating--;
  write_unlock()
}

inline clear_young() {
  in_memslots[1] = true;
  write_lock();
  old = spte;
  if
  :: is_present(old) && !(old & TRACKED) ->
    replace((old & ~W) | TRACKED);
    if
    :: old & W -> mark_dirty(pfn_of(old))
    :: else
    fi
  :: else
  fi;
  write_unlock();
  in_memslots[1] = false
}

/* Claims the page: leaves its entry in h, or 0. */
inline claim() {
  h = hpte;
  if
  :: is_host_present(h) && !is_pinned(h) ->
    atomic {
      if
      :: hpte == h -> hpte = BUSY
      :: else -> h = 0
      fi
    }
  :: else -> h = 0
  fi
}

inline save(g) {
  has_slot[g] = true;
  swap = content[g]
}

inline start_write_back() {
  claim();
  if
  :: h ->
    invalidate_start();
    hpte = h;
    invalidate_end()
  :: else
  fi
}

/* The dirt goes first, then the translations, then the page is saved. */
inline finish_write_back() {
  h = hpte;
  if
  :: is_host_present(h) ->
    do
    :: bring_in(h, f);
      atomic {
        if
        :: hpte == h -> hpte = hpte | PIN; f = 1
        :: else -> f = 0
        fi
      };
      if
      :: f -> break
      :: else
      fi
    od;
    f = host_pfn(h);
    if
    :: is_dirty[f] -> is_dirty[f] = false; flush_all(); save(f)
    :: !is_dirty[f] -> skip
    fi;
    hpte = hpte & ~PIN
  :: else
  fi
}

inline evict() {
  claim();
  if
  :: h ->
    f = host_pfn(h);
    invalidate_start();
    if
    :: is_dirty[f] -> is_dirty[f] = false; save(f)
    :: !is_dirty[f] -> skip
    fi;
    if
    :: has_slot[f] -> hpte = SWAPPED
    :: !has_slot[f] -> hpte = DROPPED
    fi;
    invalidate_end();
    is_free[f] = true
  :: else
  fi
}

proctype host() {
  byte old, was, seen, h, f;

#ifdef WHOLE
  start_write_back();
  clear_young();
  finish_write_back();
#endif
  evict();
  done++
}

init {
  atomic {
    is_free[1] = true;
#ifdef WHOLE
    is_free[0] = true;
#else
    content[0] = 1;
    written = 1;
    swap = 1;
    has_slot[0] = true;
    hpte = HPTE(0);
    spte = PRESENT | MMU_WRITABLE | TRACKED;
#endif
    run vcpu();
    run host()
  };
  done == 2;
  /* What the guest would read now. */
  atomic {
    if
    :: is_host_present(hpte) -> assert(content[host_pfn(hpte)] == written)
    :: hpte == SWAPPED -> assert(swap == written)
    :: else -> assert(written == 0)
    fi
  }
}
