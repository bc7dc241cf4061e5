import type { UserId } from '../../engine/kernel/id.ts'
import type { TokenVerifier } from './verifier.ts'
import type { Viewer } from './viewer.ts'

/** Who was signed out by an administrator, as this node knows it: within a second of any other. */
export interface Revocations {
  /** Whether the token behind `viewer` is refused: one without `iat`, or issued no later than the revocation. */
  isRevoked(viewer: Viewer): boolean
  /** From now on what is known may be old: others may have gone on without this node. */
  doubt(): void
  /** Resolves when what is known is current: without doubt, at once. Rejects when the record is away. */
  current(): Promise<void>
  /** Calls `listener` with everyone who is revoked from now on, until the returned function is called. */
  onRevoked(listener: (userId: UserId) => void): () => void
}

/** `verifier` that also refuses the tokens of users who were revoked. */
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
