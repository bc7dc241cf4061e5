import type { Actor } from '../kernel/actor.ts'
import type { IdempotencyKey, Outcome } from './command.ts'
import type { Family } from './family.ts'

/**
 * Sends one command to one topic. Resolves after the commit; `state` is the caller's view right after the command. Throws
 * Overloaded, DatabaseUnavailable, or the error that made the batch fail.
 */
export type Dispatch = <Id, Body, Reply, View>(
  family: Family<Id, Body, Reply, View>,
  id: NoInfer<Id>,
  actor: Actor,
  body: NoInfer<Body>,
  idempotency?: IdempotencyKey,
) => Promise<Outcome<Reply, View>>
