import { type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql'
import { abandoned } from '../engine/kernel/abandoned.ts'
import { type SharedContext, signalIn } from '../resolvers/context.ts'

/**
 * Makes reading fields fail when nobody waits for the result any more, before and after their read, so that their
 * subfields are not resolved. (graphql-js 16 cannot abort an execution.) Mutations are exempt: they run to completion.
 */
export function stopWhenGone(schema: GraphQLSchema): void {
  const exempt = [schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || exempt.includes(type)) continue
    for (const field of Object.values(type.getFields())) if (reads(field)) guard(field)
  }
}

function reads({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return (extensions.cost?.weight ?? 1) > 1
}

function guard(field: GraphQLField<unknown, SharedContext>): void {
  const { resolve } = field
  if (resolve === undefined) return
  field.resolve = (parent, args, context, info) => {
    const signal = signalIn(context)
    if (signal?.aborted === true) throw abandoned
    const value: unknown = resolve(parent, args, context, info)
    return signal !== undefined && value instanceof Promise
      ? value.then((found) => unlessGone(signal, found))
      : value
  }
}

function unlessGone(signal: AbortSignal, found: unknown): unknown {
  if (signal.aborted) throw abandoned
  return found
}
