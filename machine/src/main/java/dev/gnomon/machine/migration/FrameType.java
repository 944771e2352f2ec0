package dev.gnomon.machine.migration;

/**
 * What a frame on the wire is. The source speaks from {@link #DESCRIPTION} to {@link #GO}, and
 * waits for an answer where one is named; then the destination asks for what it needs.
 *
 * <pre>
 *  source                                 destination
 *  DESCRIPTION: an empty VM               READY
 *  PAGES ...  ROUND_END                   ARRIVED
 *  STATE  HASHES ...  HASHES_END          VERDICT
 *  RECORD ...  GO, if the guest is        WANT: one batch of a process's trace
 *    to go on at the destination
 *  TRACE: such a batch                    WANT ...  SUMMARY: the guest has finished
 *  ALIVE, at any time                     ALIVE; ERROR: one line, then it closes
 * </pre>
 *
 * <p>The place in this list is the number on the wire.
 */
enum FrameType {
  DESCRIPTION,
  READY,
  PAGES,
  ROUND_END,
  ARRIVED,
  STATE,
  HASHES,
  HASHES_END,
  VERDICT,
  RECORD,
  GO,
  WANT,
  TRACE,
  SUMMARY,
  ALIVE,
  ERROR
}
