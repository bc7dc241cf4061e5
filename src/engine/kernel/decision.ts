import type { Rejection, RejectionCode } from './rejection.ts'

/**
 * What a decider answers. `rejected` is a rule of the domain; `forbidden` means that the caller may see the
 * thing but not do this to it. Neither changes anything. What the caller may not even see is rejected as
 * NOT_FOUND.
 */
export type Decision<Event, Reply> =
  | { readonly kind: 'accepted'; readonly events: readonly Event[]; readonly reply: Reply }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'forbidden'; readonly reason: string }

export function accept<Event, Reply>(events: readonly Event[], reply: Reply): Decision<Event, Reply> {
  return { kind: 'accepted', events, reply }
}

export function reject(
  code: RejectionCode,
  reason: string,
  details: Omit<Rejection, 'code' | 'reason'> = {},
): { readonly kind: 'rejected'; readonly rejection: Rejection } {
  return { kind: 'rejected', rejection: { code, reason, ...details } }
}

export function forbid(reason: string): { readonly kind: 'forbidden'; readonly reason: string } {
  return { kind: 'forbidden', reason }
}
