/** Bounds of one lane. */
export interface LaneLimits {
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/** A semaphore with priority lanes: lane 0 before lane 1, first come, first served within a lane. */
export interface Permits {
  /** Resolves with a function that returns the permit. Rejects with WaitedTooLong at a bound of the lane. */
  take(lane: number): Promise<() => void>
  waiting(lane: number): number
}

/** The lane was full, or the wait reached its bound. */
export class WaitedTooLong extends Error {
  readonly waitedMs: number

  constructor(waitedMs: number) {
    super('no permit was free in time')
    this.name = 'WaitedTooLong'
    this.waitedMs = waitedMs
  }
}

/** After this many permits in a row that bypassed a waiting lane, that lane gets one, so that it is not starved. */
const MAX_PASSED_OVER = 4

interface Waiter {
  readonly grant: () => void
}

export function createPermits(size: number, lanes: readonly LaneLimits[]): Permits {
  const queues = lanes.map(() => new Set<Waiter>())
  let free = size
  let passedOver = 0

  function release(): void {
    const lane = nextLane()
    const queue = queues[lane]
    const [waiter] = queue ?? []
    if (queue === undefined || waiter === undefined) {
      free += 1
      return
    }
    queue.delete(waiter)
    waiter.grant()
  }

  function nextLane(): number {
    const first = queues.findIndex(({ size: waiting }) => waiting > 0)
    const last = queues.findLastIndex(({ size: waiting }) => waiting > 0)
    if (first === last) {
      passedOver = 0
      return first
    }
    passedOver += 1
    if (passedOver <= MAX_PASSED_OVER) return first
    passedOver = 0
    return last
  }

  function once(): () => void {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      release()
    }
  }

  return {
    async take(lane) {
      const [queue, limits] = [queues[lane], lanes[lane]]
      if (queue === undefined || limits === undefined) throw new RangeError(`no lane ${lane}`)
      if (free > 0) {
        free -= 1
        return once()
      }
      if (queue.size >= limits.maxWaiting) throw new WaitedTooLong(0)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          queue.delete(waiter)
          reject(new WaitedTooLong(limits.maxWaitMs))
        }, limits.maxWaitMs)
        const waiter = {
          grant() {
            clearTimeout(timer)
            resolve()
          },
        }
        queue.add(waiter)
      })
      return once()
    },
    waiting: (lane) => queues[lane]?.size ?? 0,
  }
}
