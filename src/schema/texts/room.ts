import type { Texts } from './texts.ts'

const CURSOR = 'The position after the last entry of this command. Pass it to `roomState(after:)`.'
const ROOM_AFTER = 'The room right after this entry, also on replay.'
const MEMBER_COUNT = 'The number of members after this entry.'

/** Rooms, their members and who is present. */
export const ROOM_TEXTS: Texts = {
  RoomKind:
    'What a room is for. LOBBY: talk for everyone. AUCTION: auctions. TRADE: orders and positions. CHAT: talk. DIRECT: two users.',
  RoomPhase: 'SCHEDULED until it opens, LIVE, PAUSED while nobody may bid, ENDED for good.',
  MemberRole: 'What a member may do: OWNER and MODERATOR moderate, MEMBER writes.',
  RoomMember: 'A user’s membership in a room.',
  'RoomMember.user': 'The member.',
  'RoomMember.role': 'What the member may do in the room.',
  'RoomMember.joinedAt': 'When the present membership began.',
  'RoomMember.mutedUntil': 'Until when the member may not write; null for members who may.',
  'RoomMember.readThrough': 'The offset of the last message that the member has read; 0 for none.',

  Room: 'Where people meet: its members, messages, auctions and orders.',
  'Room.kind': 'What it is for.',
  'Room.name': '1 to 200 characters. Names need not be unique.',
  'Room.visibility': 'Who may see it.',
  'Room.phase': 'Where it is in its life.',
  'Room.owner': 'The user who made it; null for built-in rooms.',
  'Room.createdAt': 'When it was made.',
  'Room.startsAt': 'When it opens by itself; null where it does not, or was opened at once.',
  'Room.endsAt': 'When it ends by itself; null where it does not.',
  'Room.startedAt': 'When it opened; null before.',
  'Room.endedAt': 'When it ended; null before.',
  'Room.memberCount': 'The number of members.',
  'Room.disclosure': 'Which orders and positions its members see.',
  'Room.members': 'In the order of joining, 20 to a page by default and at most 100.',
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
  RoomUpdated: 'Name, visibility or times changed.',
  'RoomUpdated.room': ROOM_AFTER,
  MemberJoined: 'A user became a member.',
  'MemberJoined.user': 'The new member.',
  'MemberJoined.memberCount': MEMBER_COUNT,
  'MemberJoined.role': 'What the member may do in the room.',
  'MemberJoined.mutedUntil':
    'Until when the member may not write: a mute from an earlier membership still stands. Null for none.',
  MemberLeft: 'A member left.',
  'MemberLeft.user': 'The user who left.',
  'MemberLeft.memberCount': MEMBER_COUNT,
  MemberRemoved: 'A moderator removed a member.',
  'MemberRemoved.user': 'The user who was removed.',
  'MemberRemoved.memberCount': MEMBER_COUNT,
  'MemberRemoved.reason': 'What the moderator gave as the reason; null for none.',
  MemberMuted: 'A moderator muted a member, or lifted that.',
  'MemberMuted.user': 'The member.',
  'MemberMuted.until': 'Until when; null until further notice, in the past once lifted.',
  'MemberMuted.mutedUntil':
    'Until when the member may not write from now on, as `RoomMember.mutedUntil`: null once lifted, the end of year 9999 until further notice.',

  RoomPayload: 'An accepted command on a room.',
  'RoomPayload.room': 'The room as it is now.',
  'RoomPayload.cursor': CURSOR,
  RoomResult: 'RoomPayload, or why nothing was changed.',
  MembershipPayload: 'An accepted command on a membership.',
  'MembershipPayload.room': 'The room as it is now.',
  'MembershipPayload.membership': 'The membership as it is now; null where the user is no member any more.',
  MembershipResult: 'MembershipPayload, or why nothing was changed.',
  CreateRoomInput: 'A new room. A value out of its range is Rejected INVALID_INPUT with `field`.',
  'CreateRoomInput.name': '1 to 200 characters.',
  'CreateRoomInput.kind': 'What it is for. LOBBY needs an administrator, DIRECT is made by openDirectRoom.',
  'CreateRoomInput.visibility': 'Who may see it. ADMIN needs an administrator.',
  'CreateRoomInput.startsAt': 'When to open it; at once if left out.',
  'CreateRoomInput.endsAt': 'When to end it; by hand if left out.',
  'CreateRoomInput.ranking': 'How its leaderboard ranks equal scores. STANDARD if left out.',
  'CreateRoomInput.disclosure': 'Which orders and positions its members see. OWN if left out.',
  'CreateRoomInput.idempotencyKey':
    '1 to 128 characters. A retry with the same key and input gets the first answer.',
  UpdateRoomInput: 'Changes to a room. What is left out stays as it is; null takes a time away.',
  'UpdateRoomInput.roomId': 'The room to change.',
  'UpdateRoomInput.name': '1 to 200 characters.',
  'UpdateRoomInput.visibility':
    'Who may see it from now on. Those who may not any more are disconnected from it.',
  'UpdateRoomInput.startsAt': 'When to open it, before it has opened.',
  'UpdateRoomInput.endsAt': 'When to end it.',

  PresentUser: 'A user with at least one connection in the room, on any node.',
  'PresentUser.user': 'The user.',
  'PresentUser.state': 'ONLINE if any of the user’s connections is.',
  'PresentUser.since': 'Since when the user has been present without a break.',
  'Presence.roomId': 'The room.',
  'Presence.count': 'The number of users present.',
  'Presence.at': 'When this was true, by the server’s clock.',
  'Typing.roomId': 'The room.',
  'Typing.users': 'The users who are writing a message now.',
  'Typing.at': 'When this was true, by the server’s clock.',

  'Query.room':
    'The room with that id, also by the bare name of a built-in one. Null where there is none that the caller may see.',
  'Query.rooms': 'The rooms that the caller may see, newest first, 20 to a page by default and at most 100.',
  'Mutation.createRoom': 'Anyone signed in; the caller becomes OWNER. Errors: UNAUTHENTICATED, FORBIDDEN.',
  'Mutation.updateRoom':
    'The room’s OWNER and MODERATOR, and administrators. Built-in rooms keep their names and never end.',
  'Mutation.joinRoom':
    'Makes the caller a member. Members stay as they are. MEMBERS rooms are entered by addMember only.',
  'Mutation.leaveRoom': 'Ends the caller’s membership. Rejected NOT_A_MEMBER for others.',
  'Mutation.muteMember':
    'Moderators: keeps a member from writing `until` then. Null: until further notice; the past lifts it.',
  'Subscription.roomState':
    'The history of one room: its phase, settings and members. Errors: NOT_FOUND, FORBIDDEN, CURSOR_INVALID.',
  'Subscription.presence': 'The users present in a room: the whole set each time, at most twice a second.',
  'Subscription.typing': 'The users writing in a room: the whole set each time, at most twice a second.',
}
