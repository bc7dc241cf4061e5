import {
  LiveRoomDocument,
  type LiveRoomSubscription,
  type LiveRoomSubscriptionVariables,
  type RoomPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Room = RoomPartsFragment

export interface RoomState {
  readonly room: Room
  /** The last entry: who joined, left, was muted. */
  readonly latest: LiveRoomSubscription['roomState']
}

export function liveRoom(
  roomId: string,
): LiveDefinition<RoomState, LiveRoomSubscription, LiveRoomSubscriptionVariables> {
  return { operation: { query: LiveRoomDocument, variables: { roomId } }, reduce }
}

function reduce(state: RoomState | undefined, { roomState: latest }: LiveRoomSubscription): RoomState {
  if ('room' in latest) return { room: latest.room, latest }
  if (state === undefined) throw new TypeError('a history begins with a snapshot')
  if (!('memberCount' in latest)) return { ...state, latest }
  return { room: { ...state.room, memberCount: latest.memberCount }, latest }
}
