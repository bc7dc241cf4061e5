export interface ConnectionLimits {
  /** Connections to this node: WebSockets and streams. */
  readonly maxConnections: number
  /** Connections of visitors from one address. */
  readonly maxConnectionsPerAddress: number
}

/** Why a connection was not admitted: the limit of the node or of the visitor's address is reached. */
export type NoPlace = 'node-full' | 'address-full'

/** The slot that one open connection takes of the node's limits. */
export interface Place {
  /** Marks the client as signed in: it no longer counts as a visitor. */
  signIn(): void
  /** Marks the client as a visitor. False if no slot is left for visitors: the connection must be closed. */
  stay(): boolean
  /** Releases the slot. Idempotent. */
  leave(): void
}

/**
 * Admits connections. One tenth of the slots is reserved for signed-in clients. A connection counts as a visitor of its
 * address until it signs in. If visitors have no slots left, it is admitted provisionally, so that a crowd of visitors
 * cannot lock out clients with a token. Provisional slots are few; when they run out, the oldest is evicted: an honest
 * client signs in within a round trip.
 */
export interface Connections {
  /** `onEvict` must close the connection; its slot is free from then on. */
  enterUnknown(address: string, onEvict: () => void): Place | NoPlace
  enterVisitor(address: string): Place | NoPlace
  enterSignedIn(address: string): Place | NoPlace
  readonly count: number
}

type Standing = 'visitor' | 'provisional' | 'signed-in' | 'gone'

const RESERVED_SHARE = 0.1

export function createConnections({
  maxConnections,
  maxConnectionsPerAddress,
}: ConnectionLimits): Connections {
  const reserved = Math.floor(maxConnections * RESERVED_SHARE)
  const maxVisitors = maxConnections - reserved
  const maxProvisional = Math.max(1, reserved)
  const visitorsOf = new Map<string, number>()
  const provisional = new Set<CountedPlace>()
  let visitors = 0
  let total = 0

  function noVisitorPlace(address: string): NoPlace | undefined {
    if (visitors >= maxVisitors) return 'node-full'
    return (visitorsOf.get(address) ?? 0) >= maxConnectionsPerAddress ? 'address-full' : undefined
  }

  function countVisitor(address: string, change: 1 | -1): void {
    visitors += change
    const count = (visitorsOf.get(address) ?? 0) + change
    if (count > 0) visitorsOf.set(address, count)
    else visitorsOf.delete(address)
  }

  class CountedPlace implements Place {
    readonly #address: string
    readonly #onEvict: () => void
    #standing: Standing = 'gone'

    constructor(address: string, onEvict: () => void, standing: Standing) {
      this.#address = address
      this.#onEvict = onEvict
      total += 1
      this.#become(standing)
    }

    signIn(): void {
      if (this.#standing !== 'gone') this.#become('signed-in')
    }

    stay(): boolean {
      if (this.#standing !== 'provisional') return this.#standing !== 'gone'
      if (noVisitorPlace(this.#address) !== undefined) return false
      this.#become('visitor')
      return true
    }

    leave(): void {
      if (this.#standing === 'gone') return
      this.#become('gone')
      total -= 1
    }

    evict(): void {
      this.leave()
      this.#onEvict()
    }

    #become(next: Standing): void {
      if (this.#standing === 'visitor') countVisitor(this.#address, -1)
      if (this.#standing === 'provisional') provisional.delete(this)
      this.#standing = next
      if (next === 'visitor') countVisitor(this.#address, 1)
      if (next === 'provisional') provisional.add(this)
    }
  }

  function evictOldest(): boolean {
    const [oldest] = provisional
    oldest?.evict()
    return oldest !== undefined
  }

  const hasRoom = (): boolean => total < maxConnections || evictOldest()

  return {
    enterUnknown(address, onEvict) {
      if (!hasRoom()) return 'node-full'
      if (noVisitorPlace(address) === undefined) return new CountedPlace(address, onEvict, 'visitor')
      if (provisional.size >= maxProvisional) evictOldest()
      return new CountedPlace(address, onEvict, 'provisional')
    },

    enterVisitor(address) {
      const problem = noVisitorPlace(address) ?? (hasRoom() ? undefined : 'node-full')
      return problem ?? new CountedPlace(address, () => {}, 'visitor')
    },

    enterSignedIn: (address) => (hasRoom() ? new CountedPlace(address, () => {}, 'signed-in') : 'node-full'),

    get count() {
      return total
    },
  }
}
