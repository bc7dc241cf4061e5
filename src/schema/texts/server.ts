import type { Texts } from './texts.ts'

/** The caller, the server, and what stands at the edge of every family. */
export const SERVER_TEXTS: Texts = {
  Query: 'Reads. A field that fails is null, with its entry in `errors`; its neighbours keep their answers.',
  Mutation:
    'Commands, run in the order of the document. A field that fails is null, with its entry in `errors`; its neighbours keep their answers.',
  Role: 'What a token allows everywhere. USER is implied. MODERATOR moderates every room they see, ADMIN everything, SERVICE reports and acts for a back end.',
  RejectionCode: 'Why a command changed nothing.',
  'Rejected.code': 'Why, for programs.',
  'Rejected.required': 'INSUFFICIENT_FUNDS: what this needs, in minor units.',
  PageInfo: 'Where a page lies in its list (Relay connections).',
  'PageInfo.hasNextPage': 'Whether more follow.',
  'PageInfo.hasPreviousPage': 'Whether more stand before.',
  'PageInfo.startCursor': 'Pass it as `before`; null of an empty page.',
  'PageInfo.endCursor': 'Pass it as `after`; null of an empty page.',
  ServerInfo: 'The server that answered.',
  'ServerInfo.version': 'Its version, as semver writes them.',
  'ServerInfo.time': 'Its clock.',
  'Query.server': 'The server that answers. For visitors as well.',
  'Query.node': 'Whatever has that id. Null where nothing has it, or nothing that the caller may see.',
  'Viewer.user': 'The caller as others see them.',
  'Viewer.roles': 'What the token allows.',
  'Viewer.wallet': 'The caller’s wallet in one currency; empty where nothing was ever credited.',
  'Viewer.unreadNotifications': 'How many notifications are unread.',
  Authenticated: 'The connection is signed in.',
  'Authenticated.viewer': 'The caller from now on.',
  AuthenticateResult:
    'Authenticated, or Rejected INVALID_INPUT with the field `token`: the connection keeps what it had.',
  'FailedPush.notificationId': 'The notification (`ntf_…`).',
  'FailedPush.user': 'The user whom it is for.',
  'FailedPush.createdAt': 'When the notification was made.',
  'FailedPush.attempts': 'How often it was tried.',
  'FailedPushConnection.totalCount': 'How many there are, on all pages.',
}
