/** A line that would repeat another one of the last seconds. */
interface Folded {
  count: number
  /** The latest of them is written for all, with how many there were. */
  latest: (repeated: number, errorIds: readonly string[]) => void
  readonly errorIds: string[]
  readonly timer: NodeJS.Timeout
}

/** Folds lines of one kind that come in a burst. */
export interface Bursts {
  /**
   * True where a line of this kind should be written now: the first of its kind in a while. Otherwise it is counted, and
   * `write` is called at the end of the period for the latest, with the number of lines that it stands for.
   */
  isFirst(kind: string, errorId: string | undefined, write: Folded['latest']): boolean
}

const PERIOD_MS = 5_000
/** Kinds that are remembered at once. Messages are constants of the source: there are far fewer. */
const MAX_KINDS = 1_000
/** Clients are shown the ids of faults: so many are listed of those that were folded. */
const MAX_IDS = 20

/** A database that is away fails every statement: one line says so at once, and one every few seconds how often. */
export function createBursts(periodMs = PERIOD_MS): Bursts {
  const open = new Map<string, Folded>()

  function begin(kind: string): void {
    const timer = setTimeout(() => end(kind), periodMs)
    // A process that is done ends; what it would still count is of no use.
    timer.unref()
    open.set(kind, { count: 0, latest: () => {}, errorIds: [], timer })
  }

  function end(kind: string): void {
    const folded = open.get(kind)
    open.delete(kind)
    if (folded === undefined || folded.count === 0) return
    // It goes on: what follows belongs to the next period.
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
