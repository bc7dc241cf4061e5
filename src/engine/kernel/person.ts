import type { UserId } from './id.ts'

/** A user as an entry names one: with the name of that moment. */
export interface Person {
  readonly id: UserId
  readonly name: string
}
