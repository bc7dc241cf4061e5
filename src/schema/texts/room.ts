import type { Texts } from './texts.ts'

const CURSOR = 'The position after the last entry of this command. Pass it to `roomState(after:)`.'
const ROOM_AFTER = 'The room right after this entry, also on replay.'
const MEMBER_COUNT = 'The number of members after this entry.'

/** Rooms, their members and who is present. */
export const ROOM_TEXTS: Texts = {
  RoomKind:
    'The purpose of a room. LOBBY: a chat for everyone. AUCTION: auctions. TRADE: orders and positions. CHAT: a chat. DIRECT: a chat of two users.',
  RoomPhase: 'SCHEDULED until it opens, then LIVE; PAUSED while nobody may bid; ENDED is final.',
  MemberRole: 'What a member may do: OWNER and MODERATOR moderate, MEMBER writes.',
  RoomMember: 'A user’s membership in a room.',
  'RoomMember.user': 'The member.',
  'RoomMember.role': 'What the member may do in the room.',
  'RoomMember.joinedAt': 'When the current membership began.',
  'RoomMember.mutedUntil': 'When the member’s mute ends; null if not muted.',
  'RoomMember.readThrough': 'The offset of the last message that the member has read; 0 for none.',

  Room: 'A room, with its members, messages, auctions and orders.',
  'Room.kind': 'Its purpose.',
  'Room.name': '1 to 200 characters. Names need not be unique.',
  'Room.visibility': 'Who may see it.',
  'Room.phase': 'Its current phase.',
  'Room.owner': 'The user who created it; null for built-in rooms.',
  'Room.createdAt': 'When it was created.',
  'Room.startsAt': 'When it opens automatically; null if it does not, or was opened immediately.',
  'Room.endsAt': 'When it ends automatically; null if it does not.',
  'Room.startedAt': 'When it opened; null before.',
  'Room.endedAt': 'When it ended; null before.',
  'Room.memberCount': 'The number of members.',
  'Room.disclosure': 'The orders and positions that its members see.',
  'Room.members': 'In order of joining, 20 to a page by default and at most 100.',
  'Room.auctions': 'Newest first, 20 to a page by default and at most 100.',
  'RoomMemberConnection.totalCount': 'The number of members, on all pages.',

  RoomEvent: 'An entry of a room’s history. Without `after`, the first is RoomSnapshot.',
  'RoomSnapshot.room': 'The room at `cursor`.',
  RoomStarted: 'The room opened: it is LIVE.',
  'RoomStarted.room': ROOM_AFTER,
  RoomPaused: 'The room was paused.',
  'RoomPaused.room': ROOM_AFTER,
  RoomResumed: 'The room is LIVE again.',
  'RoomResumed.room': ROOM_AFTER,
  RoomEnded: 'The room ended. Its open auctions were closed or cancelled.',
  'RoomEnded.room': ROOM_AFTER,
  RoomUpdated: 'The name, visibility or times changed.',
  'RoomUpdated.room': ROOM_AFTER,
  MemberJoined: 'A user became a member.',
  'MemberJoined.user': 'The new member.',
  'MemberJoined.memberCount': MEMBER_COUNT,
  'MemberJoined.role': 'What the member may do in the room.',
  'MemberJoined.mutedUntil':
    'When the member’s mute ends: a mute from an earlier membership still applies. Null if not muted.',
  MemberLeft: 'A member left.',
  'MemberLeft.user': 'The user who left.',
  'MemberLeft.memberCount': MEMBER_COUNT,
  MemberRemoved: 'A moderator removed a member.',
  'MemberRemoved.user': 'The user who was removed.',
  'MemberRemoved.memberCount': MEMBER_COUNT,
  'MemberRemoved.reason': 'The moderator’s reason, or null.',
  MemberMuted: 'A moderator muted a member, or lifted a mute.',
  'MemberMuted.user': 'The member.',
  'MemberMuted.until': 'When the mute ends; null if until further notice, in the past once lifted.',
  'MemberMuted.mutedUntil':
    'The new value of `RoomMember.mutedUntil`: null once lifted, the end of year 9999 if until further notice.',

  RoomPayload: 'An accepted command on a room.',
  'RoomPayload.room': 'The room as it is now.',
  'RoomPayload.cursor': CURSOR,
  RoomResult: 'RoomPayload, or why nothing was changed.',
  MembershipPayload: 'An accepted command on a membership.',
  'MembershipPayload.room': 'The room as it is now.',
  'MembershipPayload.membership': 'The membership as it is now; null if the user is no longer a member.',
  MembershipResult: 'MembershipPayload, or why nothing was changed.',
  CreateRoomInput: 'A new room. A value out of its range is Rejected INVALID_INPUT with `field`.',
  'CreateRoomInput.name': '1 to 200 characters.',
  'CreateRoomInput.kind': 'Its purpose. Only administrators may create LOBBY; use openDirectRoom for DIRECT.',
  'CreateRoomInput.visibility': 'Who may see it. Only administrators may use ADMIN.',
  'CreateRoomInput.startsAt': 'When to open it; immediately if left out.',
  'CreateRoomInput.endsAt': 'When to end it; never automatically if left out.',
  'CreateRoomInput.ranking': 'How its leaderboard ranks equal scores. STANDARD if left out.',
  'CreateRoomInput.disclosure': 'Which orders and positions its members see. OWN if left out.',
  'CreateRoomInput.idempotencyKey':
    '1 to 128 characters. A retry with the same key and input gets the first answer.',
  UpdateRoomInput: 'Changes to a room. Omitted fields stay unchanged; null clears a time.',
  'UpdateRoomInput.roomId': 'The room to change.',
  'UpdateRoomInput.name': '1 to 200 characters.',
  'UpdateRoomInput.visibility': 'Who may see it. Users who lose access are disconnected from it.',
  'UpdateRoomInput.startsAt': 'When to open it, before it has opened.',
  'UpdateRoomInput.endsAt': 'When to end it.',

  PresentUser: 'A user with at least one connection in the room, on any node.',
  'PresentUser.user': 'The user.',
  'PresentUser.state': 'ONLINE if any of the user’s connections is.',
  'PresentUser.since': 'When the user’s current, uninterrupted presence began.',
  'Presence.roomId': 'The room.',
  'Presence.count': 'The number of users present.',
  'Presence.at': 'When this was true, by the server’s clock.',
  'Typing.roomId': 'The room.',
  'Typing.users': 'The users who are writing a message now.',
  'Typing.at': 'When this was true, by the server’s clock.',

  'Query.room':
    'The room with this id; built-in rooms also by their bare names. Null if it does not exist or the caller may not see it.',
  'Query.rooms': 'The rooms that the caller may see, newest first, 20 to a page by default and at most 100.',
  'Mutation.createRoom':
    'For any signed-in user; the caller becomes OWNER. Errors: UNAUTHENTICATED, FORBIDDEN.',
  'Mutation.updateRoom':
    'The room’s OWNER and MODERATOR, and administrators. Built-in rooms keep their names and never end.',
  'Mutation.joinRoom':
    'Makes the caller a member. Has no effect on members. Users enter MEMBERS rooms by addMember only.',
  'Mutation.leaveRoom': 'Ends the caller’s membership. Rejected NOT_A_MEMBER if the caller is not a member.',
  'Mutation.muteMember':
    'Moderators: prevents a member from writing until `until`. Null mutes until further notice; a time in the past lifts the mute.',
  'Subscription.roomState':
    'The history of one room: its phase, settings and members. Errors: NOT_FOUND, FORBIDDEN, CURSOR_INVALID.',
  'Subscription.presence': 'The users present in a room: the complete set each time, at most twice a second.',
  'Subscription.typing': 'The users typing in a room: the complete set each time, at most twice a second.',
}
