/** The other end of a connection. */
export interface Peer {
  /** Whether it has sent anything since the last ping. Set by the receiver of its messages. */
  isAlive: boolean
  ping(): void
  /** Called if the peer did not answer in time. */
  terminate(): void
}

/** Interval of the steps that make up a round. */
const STEP_MS = 100

/**
 * Pings every peer each `everyMs`, and terminates those that did not answer by the next ping: a dead peer is detected
 * within twice that. One timer serves all; each step pings a share of them, so that thousands do not block the event
 * loop.
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

  /** Pings `peer` until the returned function is called, or `peer` is terminated. */
  follow(peer: Peer): () => void {
    peer.isAlive = true
    // Round-robin: peers that connect together are not pinged together.
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
