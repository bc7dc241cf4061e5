/** Someone at the other end of a connection. */
export interface Peer {
  /** Whether it was heard of since it was last asked for a sign of life. Set by whoever hears of it. */
  isAlive: boolean
  ping(): void
  /** It gave no sign of life. */
  terminate(): void
}

/** Rounds are taken in steps of this. */
const STEP_MS = 100

/**
 * Asks every peer for a sign of life each `everyMs`, and terminates those that gave none by the next time: a dead one is found
 * within twice that. One timer for all; each step asks its share of them, so that thousands do not block
 * the event loop for long.
 */
export class Heartbeat {
  readonly #steps: readonly Set<Peer>[]
  readonly #timer: NodeJS.Timeout
  #now = 0
  #next = 0

  constructor(everyMs: number) {
    this.#steps = Array.from({ length: Math.max(1, Math.round(everyMs / STEP_MS)) }, () => new Set())
    this.#timer = setInterval(() => this.#step(), STEP_MS)
    this.#timer.unref()
  }

  /** Until the returned function is called, or `peer` is terminated. */
  follow(peer: Peer): () => void {
    peer.isAlive = true
    // In turn: those who come together are not asked together.
    const share = this.#steps[this.#next]
    this.#next = (this.#next + 1) % this.#steps.length
    share?.add(peer)
    return () => void share?.delete(peer)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #step(): void {
    const share = this.#steps[this.#now] ?? new Set()
    this.#now = (this.#now + 1) % this.#steps.length
    for (const peer of share) {
      if (peer.isAlive) {
        peer.isAlive = false
        peer.ping()
      } else {
        share.delete(peer)
        peer.terminate()
      }
    }
  }
}
