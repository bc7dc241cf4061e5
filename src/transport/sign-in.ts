import type { IncomingMessage } from 'node:http'
import { type Credential, tokenFromAuthorization, tokenFromUrl } from '../platform/auth/credentials.ts'

/** What a request or an upgrade brings, in its header or its address. Where both have a token they must agree. */
export function credentialOf({ headers, url = '' }: IncomingMessage): Credential {
  const header = tokenFromAuthorization(headers.authorization)
  const address = tokenFromUrl(url)
  if (header.kind === 'none') return address
  if (address.kind === 'none') return header
  const isSame = header.kind === 'token' && address.kind === 'token' && header.token === address.token
  return isSame ? header : { kind: 'malformed' }
}
