/**
 * An evening of auctions. Each connection is in one room; all rooms are alike but one, which everybody talks of. Rates are
 * per second.
 */
export interface Workload {
  readonly connections: number
  readonly roomSize: number
  readonly entriesPerRoom: number
  /** Of all connections, in the room of the evening. */
  readonly eventShare: number
  readonly eventEntries: number
  /** How long a connection lasts, in seconds. */
  readonly lifetime: number
}

export function eveningOf(connections: number): Workload {
  return {
    connections,
    ...{ roomSize: 100, entriesPerRoom: 0.2 },
    ...{ eventShare: 0.01, eventEntries: 20 },
    lifetime: 600,
  }
}

export const roomsOf = ({ connections, roomSize, eventShare }: Workload): number =>
  (connections * (1 - eventShare)) / roomSize

export const entriesOf = (load: Workload): number => roomsOf(load) * load.entriesPerRoom + load.eventEntries

export const deliveriesOf = (load: Workload): number =>
  roomsOf(load) * load.entriesPerRoom * load.roomSize + load.eventEntries * load.connections * load.eventShare

/** By what a load balancer chooses a node: nothing, or the room. */
export type Placement = 'anywhere' | 'by room'

/** How many of `nodes` have somebody in a room of `members`. */
export function nodesHearing(members: number, nodes: number, placement: Placement): number {
  return placement === 'by room' ? 1 : nodes * (1 - (1 - 1 / nodes) ** members)
}

/** Entries that all nodes together hear in a second. */
export function noticesOf(load: Workload, nodes: number, placement: Placement): number {
  const ordinary = roomsOf(load) * load.entriesPerRoom * nodesHearing(load.roomSize, nodes, placement)
  // The room of the evening is on every node: it is too large for one.
  return ordinary + load.eventEntries * nodes
}
