import { createHash } from 'node:crypto'
import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId, type UserId } from '../../engine/kernel/id.ts'

export type RoomId = Brand<string, 'RoomId'>

const PREFIX = 'room_'
export const roomIds = defineId<RoomId>(PREFIX)
export const newRoomId = roomIds.create

/** The rooms whose stored ids have no prefix, as the first version wrote them. */
const BARE_ROOMS: readonly string[] = ['global', 'authenticated', 'admin', 'demo', 'demo-trade']
const BARE_BY_PUBLIC: ReadonlyMap<string, string> = new Map(
  BARE_ROOMS.map((name) => [`${PREFIX}${name}`, name]),
)
const PUBLIC_BY_BARE: ReadonlyMap<string, string> = new Map(
  BARE_ROOMS.map((name) => [name, `${PREFIX}${name}`]),
)

/** The room's id as clients see it: `room_global` for the room that is stored as `global`. `asRoomId` reads both. */
export const publicRoomId = (id: RoomId): string => PUBLIC_BY_BARE.get(id) ?? id

/** The id as stored; accepts either form for rooms that have two. */
export const asRoomId = (id: string): RoomId => roomIds.as(BARE_BY_PUBLIC.get(id) ?? id)

const DIRECT = `${PREFIX}direct_`

/**
 * The id of the direct room between two users, independent of their order: two nodes cannot create two rooms for one
 * pair.
 */
export function directRoomId(one: UserId, other: UserId): RoomId {
  const pair = JSON.stringify([one, other].sort())
  return roomIds.as(`${DIRECT}${createHash('sha256').update(pair).digest('base64url')}`)
}

/** Whether `id` is that of a direct room. */
const isDirectRoomId = (id: RoomId): boolean => id.startsWith(DIRECT)

/** The id that metrics use for a room; undefined for direct rooms, to keep private who talks to whom. */
export function shownRoomId(id: string): string | undefined {
  const roomId = asRoomId(id)
  return isDirectRoomId(roomId) ? undefined : publicRoomId(roomId)
}
