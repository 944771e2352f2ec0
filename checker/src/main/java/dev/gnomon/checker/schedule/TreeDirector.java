package dev.gnomon.checker.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Follows a path down the tree of executions to a branch, takes the branch, and from there on goes
 * where nobody has been: the body that goes on goes on, as long as it can.
 *
 * <p>Reduction is by source sets and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, JACM 2017): of
 * executions that differ only in the order of steps that do not conflict, one is completed. With a
 * bound on preemptions there are no sleep sets, and branches are also made where the turn of the
 * body that is to wait began (Coons, Musuvathi, McKinley, OOPSLA 2013).
 */
final class TreeDirector implements Director {
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final int cpus;
  private final int preemptionBound;

  /** Whether it takes every branch that there is: what the reduction is tested against. */
  private final boolean isUnreduced;

  private Node[] nodes = new Node[256];
  private int[] taken = new int[256];
  private int length;

  /** How many decisions are known, the last of them being the branch. */
  private int replayed;

  /** Those asleep when the branch was taken. */
  private int branchSleep;

  private Stage stage;
  private int depth;
  private int sleep;
  private int preemptions;
  private boolean isCut;

  TreeDirector(int cpus, int preemptionBound) {
    this(cpus, preemptionBound, false);
  }

  private TreeDirector(int cpus, int preemptionBound, boolean isUnreduced) {
    this.cpus = cpus;
    this.preemptionBound = preemptionBound;
    this.isUnreduced = isUnreduced;
  }

  /** One that leaves nothing out but what the bound forbids. */
  static TreeDirector unreduced(int cpus, int preemptionBound) {
    return new TreeDirector(cpus, preemptionBound, true);
  }

  void begin(Stage newStage) {
    stage = newStage;
    depth = 0;
    sleep = 0;
    preemptions = 0;
  }

  /** How many decisions the execution to come repeats; of those the last is new. */
  int replayed() {
    return replayed;
  }

  /** Whether a bound kept something from being explored. */
  boolean isCut() {
    return isCut;
  }

  int depth() {
    return length;
  }

  /** How often a body had to wait in this execution though it could have gone on. */
  int preemptions() {
    return preemptions;
  }

  private boolean isBounded() {
    return preemptionBound != UNBOUNDED;
  }

  // --- deciding ---

  @Override
  public int next(int enabled, int current) {
    int at = depth++;
    int chosen;
    if (at < replayed) {
      chosen = taken[at];
      Node node = nodes[at];
      if ((node != null && node.isChoice()) || (enabled & 1 << chosen) == 0) {
        throw divergence(at);
      }
      if (at == replayed - 1) {
        sleep = branchSleep;
      }
    } else {
      int awake = enabled & ~sleep;
      if (awake == 0) {
        depth--;
        return REDUNDANT;
      }
      chosen =
          current >= 0 && (awake & 1 << current) != 0
              ? current
              : Integer.numberOfTrailingZeros(awake);
      Node node = null;
      if ((enabled & enabled - 1) != 0) {
        node = new Node();
        node.enabled = enabled;
        node.sleep = sleep;
        node.wanted = isUnreduced ? enabled : 1 << chosen;
        node.taken = 1 << chosen;
        node.current = current;
        node.preemptions = preemptions;
      }
      put(at, node, chosen);
    }
    if (chosen < cpus && current >= 0 && chosen != current && (enabled & 1 << current) != 0) {
      preemptions++;
    }
    return chosen;
  }

  private static CheckerException divergence(int at) {
    return new CheckerException(
        "the program is not deterministic: decision "
            + (at + 1)
            + " cannot be taken as in the execution before"
            + Places.here());
  }

  private void put(int at, @Nullable Node node, int chosen) {
    if (at == taken.length) {
      taken = Arrays.copyOf(taken, 2 * at);
      nodes = Arrays.copyOf(nodes, 2 * at);
    }
    nodes[at] = node;
    taken[at] = chosen;
    length = at + 1;
  }

  @Override
  public int choose(int n) {
    int at = depth++;
    if (at < replayed) {
      Node node = nodes[at];
      if (node == null || node.outcomes != n) {
        throw divergence(at);
      }
      if (at == replayed - 1) {
        sleep = branchSleep;
      }
      return taken[at];
    }
    Node node = new Node();
    node.outcomes = n;
    node.outcomesTaken = 1;
    node.sleep = sleep;
    put(at, node, 0);
    return 0;
  }

  @Override
  public int position() {
    return depth - 1;
  }

  @Override
  public boolean isNew() {
    return depth >= replayed;
  }

  @Override
  public void happened(
      int mover, Operation operation, @Nullable Location location, boolean writes) {
    if (sleep != 0) {
      wake(location, writes);
    }
  }

  /** Those asleep whose next step conflicts with what happened could do something new. */
  private void wake(@Nullable Location location, boolean writes) {
    if (location == null) {
      return;
    }
    for (int rest = sleep; rest != 0; rest &= rest - 1) {
      int id = Integer.numberOfTrailingZeros(rest);
      Mover sleeper = stage.mover(id);
      Location wanted = sleeper.location;
      if (wanted != null
          && Location.conflicts(wanted, sleeper.pending.writes(), location, writes)) {
        sleep &= ~(1 << id);
      }
    }
  }

  // --- the tree ---

  /** Wants what reverses the races of the execution that has ended. Under the tree's lock. */
  void addBranches(Races races) {
    if (isUnreduced) {
      return;
    }
    Trace trace = races.trace();
    Initials initialsOf = new Initials(trace);
    for (int i = 0; i < races.raceCount(); i++) {
      int first = races.raceFirst(i);
      int second = races.raceSecond(i);
      Node node = nodes[trace.node(first)];
      if (isBounded()) {
        wantBounded(trace, first, trace.mover(second));
      } else if (node != null) {
        int initials = initialsOf.of(first, second);
        if ((initials & (node.wanted | node.sleep)) == 0) {
          want(node, initials, trace.mover(second));
        }
      }
    }
    if (isBounded()) {
      for (int i = 0; i < races.waitCount(); i++) {
        wantBounded(trace, races.waitEvent(i), races.waiter(i));
      }
      if (races.violating() != Location.NONE) {
        // Others had no turn any more; they could have had one before the step that violates.
        wantBounded(trace, races.violating(), Node.ALL);
      }
    }
  }

  private static void want(Node node, int initials, int preferred) {
    int possible = initials & node.enabled;
    if ((possible & 1 << preferred) != 0) {
      node.wanted |= 1 << preferred;
    } else if (possible != 0) {
      node.wanted |= Integer.lowestOneBit(possible);
    } else {
      node.wanted |= node.enabled;
    }
  }

  /**
   * Wants a mover before an event, and where it could have its turn for nothing: where the turn
   * began of the body that is to wait, and where that body waited for its buffer.
   */
  private void wantBounded(Trace trace, int first, int mover) {
    wantOrAll(nodes[decisionBefore(trace.node(first))], mover);
    wantInTurn(decisionBefore(trace.turn(first)), trace.mover(first) % cpus, mover);
  }

  /** Which decision led to a choice; a decision itself. */
  private int decisionBefore(int decisionOrChoice) {
    int at = decisionOrChoice;
    while (at > 0 && nodes[at] != null && nodes[at].isChoice()) {
      at--;
    }
    return at;
  }

  /**
   * Goes back in the turn of a CPU to where it began. Choices and commits come in between, and a
   * body runs to its first access before that is decided on.
   */
  private void wantInTurn(int decision, int cpu, int mover) {
    for (int at = decision; at >= 0; at--) {
      Node node = nodes[at];
      if (node != null && node.isChoice()) {
        continue;
      }
      if (taken[at] < cpus && taken[at] != cpu) {
        return;
      }
      if (node != null && (node.current != cpu || (node.enabled & 1 << cpu) == 0)) {
        wantOrAll(node, mover);
      }
      if (taken[at] == cpu && node != null && node.current != cpu) {
        return;
      }
    }
  }

  private static void wantOrAll(@Nullable Node node, int mover) {
    if (node != null) {
      boolean isPossible = mover != Node.ALL && (node.enabled & 1 << mover) != 0;
      node.wanted |= isPossible ? 1 << mover : node.enabled;
    }
  }

  /**
   * Goes to the deepest branch that is wanted and was not taken.
   *
   * @return whether there is one
   */
  boolean advance() {
    while (length > 0) {
      Node node = nodes[length - 1];
      if (node != null && take(node)) {
        replayed = length;
        return true;
      }
      nodes[length - 1] = null;
      length--;
    }
    return false;
  }

  private boolean take(Node node) {
    if (node.isChoice()) {
      if (node.outcomesTaken == node.outcomes) {
        return false;
      }
      branchSleep = node.sleep;
      taken[length - 1] = node.outcomesTaken++;
      return true;
    }
    int rest = node.wanted & ~node.taken & ~node.sleep;
    while (rest != 0) {
      int chosen = Integer.lowestOneBit(rest);
      rest &= ~chosen;
      int mover = Integer.numberOfTrailingZeros(chosen);
      int cost = node.preemptions + (node.isPreemption(mover, cpus) ? 1 : 0);
      if (cost > preemptionBound) {
        isCut = true;
      } else {
        branchSleep = isBounded() || isUnreduced ? 0 : node.sleep | node.taken;
        node.taken |= chosen;
        taken[length - 1] = mover;
        return true;
      }
    }
    return false;
  }

  /** The decisions of the execution that has ended. */
  Schedule schedule() {
    return Schedule.of(Arrays.copyOf(taken, Math.min(length, depth)));
  }

  /**
   * Shares the tree with another carrier: a director that stands where the shallowest branch is
   * left to take, to {@link #advance} from there. Under the tree's lock.
   *
   * @return null if no branch is left
   */
  @Nullable TreeDirector share() {
    for (int i = 0; i < length; i++) {
      Node node = nodes[i];
      if (node != null && hasBranch(node)) {
        TreeDirector other = new TreeDirector(cpus, preemptionBound, isUnreduced);
        other.nodes = Arrays.copyOf(nodes, Math.max(nodes.length, 1));
        other.taken = taken.clone();
        other.length = i + 1;
        return other;
      }
    }
    return null;
  }

  private boolean hasBranch(Node node) {
    return node.isChoice()
        ? node.outcomesTaken < node.outcomes
        : (node.wanted & ~node.taken & ~node.sleep) != 0;
  }

  /**
   * What part of the tree is behind, if all that is left is like what was seen: a guess, which goes
   * down when branches are found. Under the tree's lock.
   */
  double progress() {
    double behind = 0;
    double weight = 1;
    for (int i = 0; i < length && weight > 1e-9; i++) {
      Node node = nodes[i];
      if (node != null) {
        int all =
            node.isChoice()
                ? node.outcomes
                : Integer.bitCount((node.wanted | node.taken) & ~node.sleep);
        int begun = node.isChoice() ? node.outcomesTaken : Integer.bitCount(node.taken);
        if (all > 1) {
          weight /= all;
          behind += weight * (begun - 1);
        }
      }
    }
    return behind;
  }
}
