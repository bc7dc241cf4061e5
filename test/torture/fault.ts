import type { PostgresServer } from '../support/postgres.ts'
import type { Outcome } from './scenario.ts'

/** The short form runs with the tests, the long one by `npm run torture`. */
export type Form = 'short' | 'long'

/** Something that happens to a deployment, with a burst of mutations going on. */
export interface Fault {
  readonly number: number
  readonly name: string
  /** Clients may be told of a reset: they were away for longer than history is kept. */
  readonly mayReset?: true
  run(form: Form, seed: number, postgres: PostgresServer): Promise<Outcome>
}
