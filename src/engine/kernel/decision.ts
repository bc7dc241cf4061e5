import type { CommonRejection, Rejection } from './rejection.ts'

/**
 * The result of a decider. `rejected` is a rule of the domain; `forbidden` means that the caller may see the
 * object but not perform this action. Neither changes anything. An object that the caller may not see is rejected as
 * NOT_FOUND.
 */
export type Decision<Event, Reply> =
  | { readonly kind: 'accepted'; readonly events: readonly Event[]; readonly reply: Reply }
  | Rejected
  | { readonly kind: 'forbidden'; readonly reason: string }

export function accept<Event, Reply>(events: readonly Event[], reply: Reply): Decision<Event, Reply> {
  return { kind: 'accepted', events, reply }
}

export interface Rejected {
  readonly kind: 'rejected'
  readonly rejection: Rejection
}

type Reject<Code> = (code: Code, reason: string, details?: Omit<Rejection, 'code' | 'reason'>) => Rejected

/** Rejects a command with a code that every feature may use. */
export const reject: Reject<CommonRejection> = (code, reason, details = {}) => {
  return { kind: 'rejected', rejection: { code, reason, ...details } }
}

/** Like `reject`, including the codes of one feature. */
export function rejectingWith<const Code extends string>(
  _codes: readonly Code[],
): Reject<Code | CommonRejection> {
  return (code, reason, details = {}) => ({ kind: 'rejected', rejection: { code, reason, ...details } })
}

export function forbid(reason: string): { readonly kind: 'forbidden'; readonly reason: string } {
  return { kind: 'forbidden', reason }
}
