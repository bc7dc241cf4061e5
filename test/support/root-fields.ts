import {
  type GraphQLArgument,
  GraphQLID,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { createFullSchema } from './schema.ts'

/** A field of Query, Mutation or Subscription, with a document that selects all of its nearby fields. */
export interface RootField {
  readonly operation: 'query' | 'mutation' | 'subscription'
  readonly name: string
  readonly document: string
  readonly args: readonly GraphQLArgument[]
}

/** One value in the arguments of a field: `path` is `input.roomId` in an input object. */
export interface Slot {
  readonly path: string
  readonly name: string
  readonly type: GraphQLNamedInputType
}

type Choose = (slot: Slot) => unknown

/** Every root field of the schema, so that a new one cannot be forgotten. */
export function rootFields(schema: GraphQLSchema = createFullSchema()): readonly RootField[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const
  return roots.flatMap(([operation, type]) =>
    Object.values(type?.getFields() ?? {}).map(({ name, args, type: answer }) => {
      const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ')
      const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
      const around = args.length === 0 ? name : `${name}(${passed})`
      const head = args.length === 0 ? operation : `${operation} (${declared})`
      return { operation, name, args, document: `${head} { ${around} ${selectionOf(schema, answer, 2)} }` }
    }),
  )
}

function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  depth: number,
  isMember = false,
): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  if (isAbstractType(named)) {
    const parts = schema
      .getPossibleTypes(named)
      .map((each) => `... on ${each.name} ${selectionOf(schema, each, depth, true)}`)
    return `{ __typename ${depth === 2 ? parts.join(' ') : ''} }`
  }
  if (!isObjectType(named)) throw new Error(`${type} is no output type`)
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(({ type: arg }) => isNonNullType(arg))) return []
    const isLeaf = isLeafType(getNamedType(field.type))
    if (!isLeaf && (depth === 0 || field.args.length > 0)) return []
    // Members of a union may have fields of one name and several types.
    const alias = isMember ? `${named.name}_${field.name}: ` : ''
    return `${alias}${field.name} ${selectionOf(schema, field.type, depth - 1)}`
  })
  return `{ __typename ${fields.join(' ')} }`
}

/** All values of a field's arguments, including those in input objects. */
export function slotsOf({ args }: Pick<RootField, 'args'>): readonly Slot[] {
  return args.flatMap((arg) => slotsIn(arg, ''))
}

function slotsIn({ name, type }: GraphQLArgument | GraphQLInputField, before: string): readonly Slot[] {
  const named = getNamedType(type)
  const path = before === '' ? name : `${before}.${name}`
  if (!isInputObjectType(named)) return [{ path, name, type: named }]
  return Object.values(named.getFields()).flatMap((field) => slotsIn(field, path))
}

export const isId = ({ type }: Slot): boolean => type === GraphQLID

let keys = 0

/**
 * Variables for a field: the value that `choose` returns for a slot, or something plausible. Optional ones are omitted
 * unless chosen or `isFull`.
 */
export function variablesOf(
  { args }: Pick<RootField, 'args'>,
  choose: Choose,
  isFull: boolean,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    args.flatMap((arg) => {
      const value = inputFor(arg, '', choose, isFull)
      return value === undefined ? [] : [[arg.name, value]]
    }),
  )
}

function inputFor(
  { name, type }: GraphQLArgument | GraphQLInputField,
  before: string,
  choose: Choose,
  isFull: boolean,
): unknown {
  const named = getNamedType(type)
  const path = before === '' ? name : `${before}.${name}`
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).flatMap((field) => {
      const value = inputFor(field, path, choose, isFull)
      return value === undefined ? [] : [[field.name, value]]
    })
    if (fields.length === 0 && !isNonNullType(type)) return undefined
    return listed(type, Object.fromEntries(fields))
  }
  const chosen = choose({ path, name, type: named })
  if (chosen !== undefined) return listed(type, chosen)
  return isNonNullType(type) || isFull ? listed(type, plausible(name, named)) : undefined
}

function listed(type: GraphQLInputType, value: unknown): unknown {
  return isListType(getNullableType(type)) ? [value] : value
}

const TOMORROW_MS = 86_400_000

function plausible(name: string, type: GraphQLNamedInputType): unknown {
  if (isEnumType(type)) return type.getValues()[0]?.name
  switch (type.name) {
    case 'Int':
    case 'Amount':
      return 1_000
    case 'Float':
      return 0.5
    case 'Boolean':
      return true
    case 'DateTime':
      return new Date(Date.now() + TOMORROW_MS).toISOString()
    case 'JSON':
      return {}
    case 'Cursor':
      return undefined
    default:
      keys += 1
      if (name === 'after') return undefined
      return name === 'currency' ? 'EUR' : `text ${process.pid} ${keys}`
  }
}
