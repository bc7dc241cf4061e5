import { type ReadTogether, together } from '../../engine/kernel/batch-loader.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import type { Slice } from '../../engine/storage/list-key.ts'
import { type PageKey, pages } from '../../engine/storage/pages.ts'
import type { RoomId } from './ids.ts'
import {
  type MemberKey,
  type MemberRecord,
  type PlacedMarks,
  readMarks,
  readMemberCounts,
  readMembers,
  readMemberships,
} from './reads/members.ts'
import { type RoomPositions, type RoomRecord, readRoomPositions, readRoomsFor } from './reads/rooms.ts'
import { checkRoomVisibility, type RoomVisibilityQuery } from './reads/visibility-checks.ts'

/** Batched reads of rooms for fields that ask for one at a time. */
export interface RoomReads {
  /** Whether the room exists for that caller. */
  readonly seesRoom: ReadTogether<RoomVisibilityQuery, boolean>
  /** Undefined if no such room exists for that caller. */
  readonly room: ReadTogether<RoomVisibilityQuery, RoomRecord | undefined>
  /** The current membership. */
  readonly membership: ReadTogether<MemberKey, MemberRecord | undefined>
  readonly marks: ReadTogether<MemberKey, PlacedMarks | undefined>
  readonly members: ReadTogether<PageKey<RoomId, Slice>, readonly MemberRecord[]>
  readonly memberCount: ReadTogether<RoomId, number>
  readonly roomPositions: ReadTogether<RoomId, RoomPositions>
}

export const roomReads = defineService('rooms: reads', ({ database }) => createRoomReads(database))

function createRoomReads(database: Database): RoomReads {
  return {
    seesRoom: together((queries) => checkRoomVisibility(database, queries)),
    room: together((queries) => readRoomsFor(database, queries)),
    membership: together((keys) => readMemberships(database, keys), { idOf: idOfMember }),
    marks: together((keys) => readMarks(database, keys), { idOf: idOfMember }),
    members: pages((parents, slice) => readMembers(database, parents, slice)),
    memberCount: together((ids) => readMemberCounts(database, ids), { idOf: String }),
    roomPositions: together((ids) => readRoomPositions(database, ids), { idOf: String }),
  }
}

function idOfMember({ roomId, userId }: MemberKey): string {
  return `${roomId}\n${userId}`
}
