import type { IncomingMessage } from 'node:http'
import { type Credential, tokenFromAuthorization, tokenFromUrl } from '../platform/auth/credentials.ts'

/** The credential of a request or upgrade, from its header or URL. If both contain a token they must be equal. */
export function credentialOf({ headers, url = '' }: IncomingMessage): Credential {
  const header = tokenFromAuthorization(headers.authorization)
  const address = tokenFromUrl(url)
  if (header.kind === 'none') return address
  if (address.kind === 'none') return header
  const isSame = header.kind === 'token' && address.kind === 'token' && header.token === address.token
  return isSame ? header : { kind: 'malformed' }
}
