import type { Credential } from '../../platform/auth/credentials.ts'
import type { TokenVerifier } from '../../platform/auth/verifier.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'

export type SignIn =
  | { readonly kind: 'ok'; readonly viewer: Viewer | null }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * The caller that a credential names. No credential means a visitor; an invalid one is refused, never downgraded to a
 * visitor. Throws if the keys to verify it are unavailable.
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
      return { kind: 'refused', reason: 'The token cannot be read.' }
    case 'token': {
      const verified = await verifier.verify(credential.token)
      if (verified.kind === 'refused') return verified
      onSeen(verified.viewer)
      return { kind: 'ok', viewer: verified.viewer }
    }
  }
}
