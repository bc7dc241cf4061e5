import { formatInstant } from '../../engine/kernel/instant.ts'
import { type DevClaims, type DevToken, readDevClaims } from '../../platform/auth/dev-token.ts'
import { type Exchange, jsonOf } from './endpoint.ts'
import { answerJson } from './json.ts'

/** `POST /dev/token`: a token for whomever the body names. */
export async function answerDevToken(
  exchange: Exchange,
  issueToken: (claims: DevClaims) => Promise<DevToken>,
): Promise<void> {
  const { response, cors } = exchange
  const body = await jsonOf(exchange)
  if (body === undefined) return
  const read = readDevClaims(body.value)
  if (read.kind === 'invalid') {
    answerJson(response, 400, { error: read.reason }, cors)
    return
  }
  const { token, expiresAt } = await issueToken(read.claims)
  answerJson(response, 200, { token, expiresAt: formatInstant(expiresAt) }, cors)
}
