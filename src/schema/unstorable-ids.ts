import {
  type GraphQLField,
  GraphQLID,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
} from 'graphql'
import { badUserInput } from '../engine/hub/client-errors.ts'
import { isStorable } from '../engine/kernel/text.ts'
import type { SharedContext } from '../resolvers/context.ts'

/**
 * Makes every root field reject impossible ids with BAD_USER_INPUT: queried for an id that contains NUL, the database
 * fails, which would look like an internal fault. (Pothos always uses GraphQL's own ID type; other texts are validated
 * where they are stored, by the domain.)
 */
export function refuseUnstorableIds(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) guard(field)
  }
}

function guard(field: GraphQLField<unknown, SharedContext>): void {
  const guarded = field.args.filter(({ type }) => holdsId(type))
  const { resolve, extensions } = field
  const { plan } = extensions
  if (guarded.length === 0 || resolve === undefined) return

  const check = (args: object): void => {
    const given = new Map<string, unknown>(Object.entries(args))
    for (const { name, type } of guarded) checkIds(name, type, given.get(name))
  }
  if (plan !== undefined) {
    field.extensions = {
      ...extensions,
      plan: async (args, context) => {
        check(args)
        return plan(args, context)
      },
    }
    return
  }
  field.resolve = (root, args, context, info) => {
    check(args)
    return resolve(root, args, context, info)
  }
}

function holdsId(type: GraphQLInputType): boolean {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return named === GraphQLID
  return Object.values(named.getFields()).some((field) => holdsId(field.type))
}

function checkIds(name: string, type: GraphQLInputType, value: unknown): void {
  const named = getNamedType(type)
  if (Array.isArray(value)) {
    for (const item of value) checkIds(name, named, item)
  } else if (isInputObjectType(named) && typeof value === 'object' && value !== null) {
    const given = new Map<string, unknown>(Object.entries(value))
    for (const field of Object.values(named.getFields()))
      checkIds(field.name, field.type, given.get(field.name))
  } else if (named === GraphQLID && typeof value === 'string' && !isStorable(value)) {
    throw badUserInput(`${name} contains NUL or an unpaired surrogate, which no id does.`)
  }
}
