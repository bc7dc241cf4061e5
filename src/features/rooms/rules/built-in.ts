import type { Room, RoomVisibility } from './room.ts'

/** The rooms that exist from the first start, by id, which is also their name. They keep the name and never end. */
export const BUILT_IN_ROOMS: ReadonlyMap<string, RoomVisibility> = new Map([
  ['global', 'PUBLIC'],
  ['authenticated', 'AUTHENTICATED'],
  ['admin', 'ADMIN'],
])

export function isBuiltIn({ id }: Pick<Room, 'id'>): boolean {
  return BUILT_IN_ROOMS.has(id)
}
