import type { RejectedResult } from '../resolvers/result.ts'
import type { Builder } from './builder.ts'
import { SharedObject } from './shared-types.ts'

export const Rejected = new SharedObject<RejectedResult>('Rejected')

/** Descriptions shared by all mutations that report a state. */
export const REPORTED_AT =
  "When this was true, by the source's clock. A report older than the latest accepted one of its subject changes nothing and returns `stale: true`. If left out, the order of arrival counts."

export const REPORT_KEY =
  'Makes retries safe: a retry gets the first answer and changes nothing, whatever was reported since.'

export const STALE =
  'Whether the report was older than the latest accepted one of its subject. If so, it changed nothing, and this is the current state.'

/** The type of rejections. `codes` are those of the features in this schema. */
export function addRejected(builder: Builder, codes: readonly string[]): void {
  const RejectionCodeType = builder.enumType('RejectionCode', { values: codes })

  Rejected.in(builder).implement({
    description: 'An expected rejection. Nothing was changed.',
    fields: (t) => ({
      code: t.expose('code', { type: RejectionCodeType }),
      reason: t.exposeString('reason', {
        description:
          "For people, in English. (Not called message: a union's members must agree on a name's type.)",
      }),
      field: t.exposeString('field', {
        nullable: true,
        description: 'The name of the invalid input field, if any.',
      }),
      retryAfterMs: t.exposeInt('retryAfterMs', {
        nullable: true,
        description: 'RATE_LIMITED, OVERLOADED: ms after which a retry may succeed.',
      }),
    }),
  })
}
