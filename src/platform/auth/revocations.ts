import type { UserId } from '../../engine/kernel/id.ts'
import type { TokenVerifier } from './verifier.ts'
import type { Viewer } from './viewer.ts'

/** The users whom an administrator signed out, as known to this node: at most a second behind any other. */
export interface Revocations {
  /** Whether the token behind `viewer` is revoked: it has no `iat`, or was issued no later than the revocation. */
  isRevoked(viewer: Viewer): boolean
  /** Marks the known revocations as possibly stale: other nodes may have moved on without this one. */
  doubt(): void
  /**
   * Resolves once the known revocations are current: immediately, unless marked stale. Rejects if the database is
   * unavailable.
   */
  current(): Promise<void>
  /** Calls `listener` for each user revoked from now on, until the returned function is called. */
  onRevoked(listener: (userId: UserId) => void): () => void
}

/** Wraps `verifier` to also refuse the tokens of revoked users. */
export function refusingRevoked(verifier: TokenVerifier, revocations: Revocations): TokenVerifier {
  return {
    async verify(token) {
      const verified = await verifier.verify(token)
      await revocations.current()
      return verified.kind === 'valid' && revocations.isRevoked(verified.viewer)
        ? { kind: 'refused', reason: 'The user was revoked after this token was issued.' }
        : verified
    },
  }
}
