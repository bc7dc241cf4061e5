import type { Texts } from './texts.ts'

/** The caller, the server, and types shared by all features. */
export const SERVER_TEXTS: Texts = {
  Query: 'Reads. A field that fails is null, with its entry in `errors`; sibling fields keep their results.',
  Mutation:
    'Commands, run in the order of the document. A field that fails is null, with its entry in `errors`; sibling fields keep their results.',
  Role: 'A role granted by the token, valid everywhere. USER is implied. MODERATOR moderates every room they see, ADMIN may do everything, SERVICE reports and acts for a back end.',
  RejectionCode: 'Why a command changed nothing.',
  'Rejected.code': 'The reason, for programs.',
  'Rejected.required': 'INSUFFICIENT_FUNDS: the amount required, in minor units.',
  PageInfo: 'The position of a page in its list (Relay connections).',
  'PageInfo.hasNextPage': 'Whether more items follow.',
  'PageInfo.hasPreviousPage': 'Whether more items precede.',
  'PageInfo.startCursor': 'Pass it as `before`; null if the page is empty.',
  'PageInfo.endCursor': 'Pass it as `after`; null if the page is empty.',
  ServerInfo: 'The server that answered.',
  'ServerInfo.version': 'Its semantic version.',
  'ServerInfo.time': 'Its clock.',
  'Query.server': 'The server that answered. Visitors may query it, too.',
  'Query.node': 'The object with this id. Null if it does not exist or the caller may not see it.',
  'Viewer.user': 'The caller as others see them.',
  'Viewer.roles': 'The roles granted by the token.',
  'Viewer.wallet': 'The caller’s wallet in one currency; empty if nothing was ever credited.',
  'Viewer.unreadNotifications': 'The number of unread notifications.',
  Authenticated: 'The connection is signed in.',
  'Authenticated.viewer': 'The caller from now on.',
  AuthenticateResult:
    'Authenticated, or Rejected INVALID_INPUT with the field `token`: the connection keeps its viewer.',
  'FailedPush.notificationId': 'The notification (`ntf_…`).',
  'FailedPush.user': 'The user it is for.',
  'FailedPush.createdAt': 'When the notification was created.',
  'FailedPush.attempts': 'The number of attempts.',
  'FailedPushConnection.totalCount': 'The total number, on all pages.',
}
