import type { RejectionCode } from '../domain/rejection.ts'
import type { RejectedResult } from '../resolvers/result.ts'
import { builder } from './builder.ts'

const RejectionCodeType = builder.enumType('RejectionCode', {
  values: [
    'NOT_FOUND',
    'NOT_A_MEMBER',
    'MUTED',
    'INVALID_INPUT',
    'INVALID_TRANSITION',
    'RATE_LIMITED',
    'IDEMPOTENCY_KEY_REUSED',
    'NOT_AUTHOR',
    'AUCTION_NOT_STARTED',
    'AUCTION_ENDED',
    'AUCTION_PAUSED',
    'AUCTION_CANCELLED',
    'SELLER_CANNOT_BID',
    'BID_BELOW_MINIMUM',
    'INSUFFICIENT_FUNDS',
    'BUY_NOW_UNAVAILABLE',
    'PRICE_CHANGED',
    'NO_BID_TO_HAMMER',
  ] as const satisfies readonly RejectionCode[],
})

export const Rejected = builder.objectRef<RejectedResult>('Rejected').implement({
  description: 'An expected refusal. Nothing was changed.',
  fields: (t) => ({
    code: t.expose('code', { type: RejectionCodeType }),
    reason: t.exposeString('reason', {
      description:
        "For people, in English. (Not called message: a union's members must agree on a name's type.)",
    }),
    field: t.exposeString('field', {
      nullable: true,
      description: 'The input field at fault, by its own name, where there is one.',
    }),
    minimum: t.expose('minimum', {
      type: 'Amount',
      nullable: true,
      description: 'BID_BELOW_MINIMUM: the least that would be accepted.',
    }),
    available: t.expose('available', {
      type: 'Amount',
      nullable: true,
      description: 'INSUFFICIENT_FUNDS: what the viewer can still spend, and what this needs.',
    }),
    required: t.expose('required', { type: 'Amount', nullable: true }),
    retryAfterMs: t.exposeInt('retryAfterMs', {
      nullable: true,
      description: 'RATE_LIMITED: when to try again.',
    }),
  }),
})
