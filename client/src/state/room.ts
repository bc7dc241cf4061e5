import {
  LiveRoomDocument,
  type LiveRoomSubscription,
  type LiveRoomSubscriptionVariables,
  type MemberRole,
  type RoomPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Room = RoomPartsFragment

/** Changes of a membership; undefined fields did not change. */
export interface MemberChange {
  readonly user: { readonly id: string; readonly name: string }
  readonly isMember: boolean
  readonly role?: MemberRole | undefined
  /** Null: may write. */
  readonly mutedUntil?: string | null | undefined
  /** The moderator's reason if the user was removed, empty without one; undefined if the user left. */
  readonly removedFor?: string | undefined
}

export interface RoomState {
  readonly room: Room
  /** Memberships that changed since the snapshot, by user id: apply them to `Room.members`. */
  readonly changes: ReadonlyMap<string, MemberChange>
  /** The last entry: who joined, left, was muted. */
  readonly latest: LiveRoomSubscription['roomState']
}

export function liveRoom(
  roomId: string,
): LiveDefinition<RoomState, LiveRoomSubscription, LiveRoomSubscriptionVariables> {
  return { operation: { query: LiveRoomDocument, variables: { roomId } }, reduce }
}

const NONE: RoomState['changes'] = new Map()

function reduce(state: RoomState | undefined, { roomState: latest }: LiveRoomSubscription): RoomState {
  if (latest.__typename === 'RoomSnapshot') return { room: latest.room, changes: NONE, latest }
  if ('room' in latest) return { room: latest.room, changes: state?.changes ?? NONE, latest }
  if (state === undefined) throw new TypeError('a history begins with a snapshot')
  const { user } = latest
  const room = 'memberCount' in latest ? { ...state.room, memberCount: latest.memberCount } : state.room
  const change = { ...state.changes.get(user.id), user, ...changeBy(latest) }
  return { room, changes: new Map(state.changes).set(user.id, change), latest }
}

type MemberEntry = Extract<LiveRoomSubscription['roomState'], { readonly user: unknown }>

function changeBy(entry: MemberEntry): Omit<MemberChange, 'user'> {
  switch (entry.__typename) {
    case 'MemberJoined':
      return { isMember: true, role: entry.role, mutedUntil: entry.mutedUntil, removedFor: undefined }
    case 'MemberRoleChanged':
      return { isMember: true, role: entry.role }
    case 'MemberMuted':
      return { isMember: true, mutedUntil: entry.mutedUntil }
    case 'MemberLeft':
      return { isMember: false }
    case 'MemberRemoved':
      return { isMember: false, removedFor: entry.reason ?? '' }
  }
}
