import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'

/**
 * One connection, as rooms see it. Whoever has signed in through it is present in the rooms in which it has
 * subscriptions; nobody is while it is a visitor's.
 */
export interface Attendee {
  /** It speaks for this user from now on: in the rooms that it is in already, too. */
  signIn(user: Person): void
  /**
   * A subscription to something in the room began; the returned function says that it ended, once. Its user stays for a
   * moment, in case of coming back, unless the room was closed to them.
   */
  enter(room: ScopeId): (isBarred: boolean) => void
  /** From now on it leaves rooms without that moment: its user is to be seen nowhere. */
  bar(): void
  /** The connection is gone. Its subscriptions end by themselves. */
  close(): void
}
