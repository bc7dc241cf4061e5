import type { Instant } from './instant.ts'

/** Disarms a deadline. Does nothing if it has fired or was disarmed before. */
export type Cancel = () => void

export interface Deadlines {
  /**
   * Calls `fire` when `at` has passed: never early, never within this call, in order of `at` and then of
   * arming. An error of `fire` does not affect other deadlines.
   */
  readonly arm: (at: Instant, fire: () => void) => Cancel
  /** Fires due deadlines now instead of in the next event-loop tick, because timers are late after a stall. */
  readonly fireDue: () => void
  /** Disarms everything. */
  readonly clear: () => void
}

interface Deadline {
  readonly at: Instant
  readonly order: number
  readonly fire: () => void
  /** The index in the heap, so that cancelling needs no search; −1 outside it. */
  place: number
  isCancelled: boolean
}

/**
 * Maximum delay of one timer. Node fires a timer beyond 2^31 − 1 ms at once; a minute stays far below that,
 * and notices a clock that was set forward, or a machine that slept, within a minute.
 */
const MAX_WAIT_MS = 60_000

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at
}

/** A binary heap with the next deadline at its root. */
function createHeap() {
  const heap: Deadline[] = []

  function put(deadline: Deadline, place: number): void {
    heap[place] = deadline
    deadline.place = place
  }

  function rise(deadline: Deadline, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(deadline, parent)) break
      put(parent, place)
      place = above
    }
    put(deadline, place)
  }

  function sink(deadline: Deadline, from: number): void {
    let place = from
    for (;;) {
      const left = heap[2 * place + 1]
      const right = heap[2 * place + 2]
      const least = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (least === undefined || !isBefore(least, deadline)) break
      const next = least.place
      put(least, place)
      place = next
    }
    put(deadline, place)
  }

  return {
    next: (): Deadline | undefined => heap[0],
    add(deadline: Deadline): void {
      rise(deadline, heap.length)
    },
    remove(deadline: Deadline): void {
      const { place } = deadline
      if (place < 0) return
      deadline.place = -1
      const last = heap.pop()
      if (last === undefined || last === deadline) return
      sink(last, place)
      rise(last, last.place)
    },
    clear(): void {
      for (const deadline of heap) deadline.place = -1
      heap.length = 0
    },
  }
}

/**
 * Any number of deadlines on one timer, which does not keep the process alive. `onFault` receives the errors of
 * `fire` callbacks. Default: a process warning.
 */
export function createDeadlines(
  now: () => Instant,
  onFault: (fault: unknown) => void = (fault) => process.emitWarning(String(fault), 'DeadlineFault'),
): Deadlines {
  const heap = createHeap()
  let armed = 0
  let cleared = 0
  let timer: NodeJS.Timeout | undefined
  let wakesAt = Number.POSITIVE_INFINITY

  function sleep(): void {
    const next = heap.next()
    const time = now()
    const waitMs = Math.min(Math.max((next?.at ?? time) - time, 1), MAX_WAIT_MS)
    if (next !== undefined && timer !== undefined && wakesAt <= time + waitMs) return
    clearTimeout(timer)
    timer = next === undefined ? undefined : setTimeout(wake, waitMs).unref()
    wakesAt = time + waitMs
  }

  /** Collects all due deadlines before firing the first: those armed meanwhile wait for the next tick. */
  function takeDue(): readonly Deadline[] {
    const time = now()
    const due: Deadline[] = []
    for (let next = heap.next(); next !== undefined && next.at <= time; next = heap.next()) {
      heap.remove(next)
      due.push(next)
    }
    return due
  }

  function wake(): void {
    timer = undefined
    fireAll()
    sleep()
  }

  function fireAll(): void {
    const turn = cleared
    for (const deadline of takeDue()) {
      if (deadline.isCancelled || turn !== cleared) continue
      try {
        deadline.fire()
      } catch (fault) {
        onFault(fault)
      }
    }
  }

  function arm(at: Instant, fire: () => void): Cancel {
    const deadline: Deadline = { at, order: armed++, fire, place: -1, isCancelled: false }
    heap.add(deadline)
    sleep()
    return () => {
      deadline.isCancelled = true
      heap.remove(deadline)
      if (heap.next() === undefined) sleep()
    }
  }

  return {
    arm,
    fireDue() {
      const next = heap.next()
      if (next !== undefined && next.at <= now()) fireAll()
    },
    clear() {
      cleared++
      heap.clear()
      sleep()
    },
  }
}
