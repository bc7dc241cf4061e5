/** What things cost. Microseconds of one core where nothing else is said. */
export interface Costs {
  /** Handshake, token, subscription with its snapshot. */
  readonly connect: number
  /** An entry that a node hears and renders, before the first socket gets it. */
  readonly notice: number
  /** One write to one socket. */
  readonly delivery: number
  /** Each further entry in the same write. */
  readonly furtherDelivery: number
  /** A mutation on its node, from the socket to the answer, with its share of a batch. */
  readonly mutation: number
  /** One entry to one reader who catches up. */
  readonly replayed: number
  /** Of memory for a subscriber. */
  readonly kilobytes: number
  /** On the wire, with all headers. */
  readonly bytes: number
  /** What a core of PostgreSQL commits in a second. */
  readonly commitsPerCore: number
  /** Redis: a notice taken, and one handed to a node. */
  readonly published: number
  readonly handed: number
}

/**
 * Of a node: as measured on 2026-11-21 (docs/performance.md); a write costs any process 11 to 23 µs on that machine.
 * The commits are those of the messages over 100 rooms, about 60 in a batch, on half of two cores; a batch of few costs
 * less of PostgreSQL. Redis is assumed: 200,000 notices a second on a core, with one receiver each.
 */
export const COSTS: Costs = {
  connect: 580,
  notice: 60,
  delivery: 19,
  furtherDelivery: 0.9,
  mutation: 130,
  replayed: 0.9,
  kilobytes: 9,
  bytes: 500,
  commitsPerCore: 1_750,
  published: 3,
  handed: 2,
}
