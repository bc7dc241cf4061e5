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
 * Of a node: as measured by short runs (docs/performance.md). The commits are those of the messages over 100 rooms, about 2.5
 * in a batch, on half of two cores. Redis is assumed: 200,000 notices a second on a core, with one receiver each.
 */
export const COSTS: Costs = {
  connect: 840,
  notice: 60,
  delivery: 4.4,
  furtherDelivery: 0.3,
  mutation: 230,
  replayed: 2.4,
  kilobytes: 9,
  bytes: 500,
  commitsPerCore: 1_750,
  published: 3,
  handed: 2,
}
