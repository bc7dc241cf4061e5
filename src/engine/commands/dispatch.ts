import type { Actor } from '../kernel/actor.ts'
import type { IdempotencyKey, Outcome } from './command.ts'
import type { Family } from './family.ts'

/**
 * Gives one command to one topic. Answers after commit; `state` is what the caller sees right after the command. Throws
 * Overloaded or DatabaseUnavailable, or the fault that made the batch fail.
 */
export type Dispatch = <Id, Body, Reply, View>(
  family: Family<Id, Body, Reply, View>,
  id: NoInfer<Id>,
  actor: Actor,
  body: NoInfer<Body>,
  idempotency?: IdempotencyKey,
) => Promise<Outcome<Reply, View>>
