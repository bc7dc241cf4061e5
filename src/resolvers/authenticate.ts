import type { Viewer } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { type RejectedResult, rejected } from './result.ts'

export type AuthenticateResult = { readonly kind: 'authenticated'; readonly viewer: Viewer } | RejectedResult

/** Signs in the connection of the call; the operation itself continues with its original viewer. */
export async function authenticate(
  args: { readonly token: string },
  { connection }: CallContext,
): Promise<AuthenticateResult> {
  if (connection === null) {
    const reason = 'Only a WebSocket can be signed in; over HTTP send the token in the Authorization header.'
    return rejected('INVALID_INPUT', reason, 'token')
  }
  const answer = await connection.authenticate(args.token)
  return answer.kind === 'ok'
    ? { kind: 'authenticated', viewer: answer.viewer }
    : rejected('INVALID_INPUT', answer.reason, 'token')
}
