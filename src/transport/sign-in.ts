import type { IncomingMessage } from 'node:http'
import { type Credential, tokenFromAuthorization, tokenFromUrl } from '../auth/credentials.ts'
import type { TokenVerifier } from '../auth/verifier.ts'
import type { Viewer } from '../auth/viewer.ts'

export type SignIn =
  | { readonly kind: 'ok'; readonly viewer: Viewer | null }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Whom a credential names; no credential is a visitor, a bad one is refused and never downgraded. Throws where
 * the keys to check it with can't be had.
 */
export async function signIn(
  credential: Credential,
  verifier: TokenVerifier,
  onSeen: (viewer: Viewer) => void,
): Promise<SignIn> {
  switch (credential.kind) {
    case 'none':
      return { kind: 'ok', viewer: null }
    case 'malformed':
      return { kind: 'refused', reason: 'The token can not be read.' }
    case 'token': {
      const verified = await verifier.verify(credential.token)
      if (verified.kind === 'refused') return verified
      onSeen(verified.viewer)
      return { kind: 'ok', viewer: verified.viewer }
    }
  }
}

/** What a request or an upgrade brings, in its header or its address. Where both have a token they must agree. */
export function credentialOf({ headers, url = '' }: IncomingMessage): Credential {
  const header = tokenFromAuthorization(headers.authorization)
  const address = tokenFromUrl(url)
  if (header.kind === 'none') return address
  if (address.kind === 'none') return header
  const isSame = header.kind === 'token' && address.kind === 'token' && header.token === address.token
  return isSame ? header : { kind: 'malformed' }
}
