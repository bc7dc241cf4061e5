/** A line that repeats another one of the last seconds. */
interface Folded {
  count: number
  /** Writes the latest of them for all, with their number. */
  latest: (repeated: number, errorIds: readonly string[]) => void
  readonly errorIds: string[]
  readonly timer: NodeJS.Timeout
}

/** Folds lines of one kind that come in a burst. */
export interface Bursts {
  /**
   * True if a line of this kind should be written now, as the first of its kind in the period. Otherwise it is counted,
   * and at the end of the period `write` is called for the latest, with the number of lines it stands for.
   */
  isFirst(kind: string, errorId: string | undefined, write: Folded['latest']): boolean
}

const PERIOD_MS = 5_000
/** Maximum number of tracked kinds. Messages are constants in the source, so far fewer occur. */
const MAX_KINDS = 1_000
/** Clients see the ids of faults: this many of the folded ones are listed. */
const MAX_IDS = 20

/**
 * An unavailable database fails every statement: one line reports it at once, then one every few seconds with the
 * count.
 */
export function createBursts(periodMs = PERIOD_MS): Bursts {
  const open = new Map<string, Folded>()

  function begin(kind: string): void {
    const timer = setTimeout(() => end(kind), periodMs)
    // Do not keep a finished process alive for its counts.
    timer.unref()
    open.set(kind, { count: 0, latest: () => {}, errorIds: [], timer })
  }

  function end(kind: string): void {
    const folded = open.get(kind)
    open.delete(kind)
    if (folded === undefined || folded.count === 0) return
    // The burst continues: what follows belongs to the next period.
    begin(kind)
    folded.latest(folded.count, folded.errorIds)
  }

  return {
    isFirst(kind, errorId, write) {
      const folded = open.get(kind)
      if (folded === undefined) {
        if (open.size >= MAX_KINDS) return true
        begin(kind)
        return true
      }
      folded.count += 1
      folded.latest = write
      if (errorId !== undefined && folded.errorIds.length < MAX_IDS) folded.errorIds.push(errorId)
      return false
    },
  }
}
