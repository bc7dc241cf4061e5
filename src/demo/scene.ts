import type { Actor } from '../engine/kernel/actor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import type { Person } from '../engine/kernel/person.ts'
import { messageFamily } from '../features/messages/family.ts'
import { newMessageId } from '../features/messages/ids.ts'
import { roomFamily } from '../features/rooms/family.ts'
import type { RoomId } from '../features/rooms/ids.ts'
import type { RoomKind } from '../features/rooms/rules/room.ts'
import type { Services } from '../resolvers/services.ts'
import { LINES, VISITORS } from './script.ts'

/** A demo room and the activity in it. Several nodes may run it on one database: they share the room. */
export interface Scene {
  open(): Promise<void>
  /** Performs one small action. */
  act(): Promise<void>
}

export const HOST = personOf('auctioneer', 'Ada, auctioneer')

function personOf(id: string, name: string): Person {
  return { id: asUserId(id), name }
}

export function actorOf(person: Person): Actor {
  return { kind: 'user', person, roles: new Set(['USER']) }
}

export function pick<Item>(items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(Math.random() * items.length)] ?? items[0]
}

/** Creates the room if it does not exist, and adds the visitors. */
export async function openRoom(
  { dispatch, seeUser }: Services,
  id: RoomId,
  name: string,
  roomKind: RoomKind,
): Promise<void> {
  await dispatch(roomFamily, id, actorOf(HOST), {
    kind: 'create',
    id,
    name,
    roomKind,
    visibility: 'PUBLIC',
    startsAt: null,
    endsAt: null,
    ranking: 'STANDARD',
    disclosure: 'ROOM',
  })
  for (const person of [HOST, ...VISITORS]) seeUser(person)
  for (const visitor of VISITORS) await dispatch(roomFamily, id, actorOf(visitor), { kind: 'join' })
}

/** Sends a message as one of the visitors. */
export async function talk({ dispatch }: Services, room: RoomId): Promise<void> {
  const id = newMessageId()
  await dispatch(messageFamily, room, actorOf(pick(VISITORS)), {
    kind: 'send',
    id,
    clientMessageId: id,
    fingerprint: id,
    body: pick(LINES),
    mentions: [],
    replyToId: null,
  })
}
