import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'

/**
 * The presence of one connection. A signed-in user is present in every scope in which the connection has a subscription;
 * visitors are present nowhere.
 */
export interface PresenceSession {
  /** From now on the connection belongs to this user, including in the scopes that it has already entered. */
  signIn(user: Person): void
  /**
   * A subscription to something in the scope began. Call the returned function when it ends; further calls do nothing. The
   * user stays present for a grace period, so that a reconnect goes unnoticed, unless their access was revoked.
   */
  enter(scope: ScopeId): (isRevoked: boolean) => void
  /** From now on the connection leaves scopes without a grace period, so that its user disappears everywhere at once. */
  revoke(): void
  /** The connection has closed. Its subscriptions end on their own. */
  close(): void
}
