import type { RoomId } from '../kernel/id.ts'

/** What readers in one place make of it: added to as payloads go out, so nothing is looked up for one. */
export interface Tally {
  subscriptions: number
  deliveries: number
}

/** The tallies of rooms, for as long as somebody reads something there. */
export interface RoomTallies {
  /** For all that is in no room. */
  readonly elsewhere: Tally
  /** A subscription in the room, or in none, began; `leave` says that it ended, once. */
  enter(roomId: RoomId | undefined): { readonly tally: Tally; readonly leave: () => void }
  /** One for each room. */
  entries(): Iterable<readonly [RoomId, Tally]>
}

export function createRoomTallies(): RoomTallies {
  const rooms = new Map<RoomId, Tally>()
  const elsewhere: Tally = { subscriptions: 0, deliveries: 0 }
  return {
    elsewhere,
    enter(roomId) {
      if (roomId === undefined) return { tally: elsewhere, leave: () => {} }
      const tally = rooms.get(roomId) ?? { subscriptions: 0, deliveries: 0 }
      rooms.set(roomId, tally)
      tally.subscriptions += 1
      return {
        tally,
        leave() {
          tally.subscriptions -= 1
          if (tally.subscriptions === 0) rooms.delete(roomId)
        },
      }
    },
    entries: () => rooms.entries(),
  }
}
