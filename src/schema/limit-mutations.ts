import { type GraphQLField, type GraphQLSchema, getNamedType, isUnionType } from 'graphql'
import { overloadOf } from '../engine/kernel/overloaded.ts'
import { callContextOf, type SharedContext } from '../resolvers/context.ts'
import { rateLimited } from '../resolvers/errors.ts'
import { waitOf } from '../resolvers/rate.ts'
import { rejected } from '../resolvers/result.ts'

/** Rate-limits mutations per caller. Each field counts as one mutation, however many a document contains. */
export function limitMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) limit(field)
}

function limit(field: GraphQLField<unknown, SharedContext>): void {
  const { resolve } = field
  if (resolve === undefined) return
  const type = getNamedType(field.type)
  const canReject = isUnionType(type) && type.getTypes().some(({ name }) => name === 'Rejected')
  field.resolve = async (root, args, context, info) => {
    const waitMs = await waitOf(callContextOf(context))
    if (waitMs > 0) {
      if (!canReject) throw rateLimited(waitMs)
      return { ...rejected('RATE_LIMITED', 'Too many mutations. Retry after a pause.'), retryAfterMs: waitMs }
    }
    try {
      return await resolve(root, args, context, info)
    } catch (error) {
      const overload = overloadOf(error)
      if (!canReject || overload === undefined) throw error
      const { retryAfterMs } = overload
      return { ...rejected('OVERLOADED', 'The server is overloaded. Retry after a pause.'), retryAfterMs }
    }
  }
}
