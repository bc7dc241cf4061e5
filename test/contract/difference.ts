import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql'

/** What a schema lacks of a contract, and what it has but in another shape: both as sorted lines. */
export interface Difference {
  readonly missing: readonly string[]
  readonly different: readonly string[]
}

/** Compares every name of `contract` with `schema`. What `schema` has beyond it is no difference, unless clients must send it. */
export function differenceFrom(contract: GraphQLSchema, schema: GraphQLSchema): Difference {
  const missing: string[] = []
  const different: string[] = []
  const report = (line: string): void => void different.push(line)

  function names(at: string, wanted: Iterable<string>, found: Iterable<string>): void {
    const known = new Set(found)
    for (const name of wanted) if (!known.has(name)) missing.push(`${at} ${name}`)
  }

  function type(wanted: GraphQLNamedType, found: GraphQLNamedType): void {
    if (wanted.constructor.name !== found.constructor.name) report(`${wanted.name}: another kind of type`)
    if (isEnumType(wanted) && isEnumType(found)) {
      names(`${wanted.name}: value`, valuesOf(wanted), valuesOf(found))
    }
    if (isUnionType(wanted) && isUnionType(found)) {
      names(`${wanted.name}: member`, wanted.getTypes().map(nameOf), found.getTypes().map(nameOf))
    }
    if (isObjectType(wanted) && isObjectType(found)) {
      names(
        `${wanted.name}: interface`,
        wanted.getInterfaces().map(nameOf),
        found.getInterfaces().map(nameOf),
      )
    }
    if (hasFields(wanted) && hasFields(found)) fields(wanted.name, wanted.getFields(), found.getFields())
    if (isInputObjectType(wanted) && isInputObjectType(found)) {
      inputs(wanted.name, Object.values(wanted.getFields()), Object.values(found.getFields()))
    }
  }

  function fields(at: string, wanted: FieldMap, found: FieldMap): void {
    for (const [name, field] of Object.entries(wanted)) {
      const own = found[name]
      if (own === undefined) {
        missing.push(`${at}.${name}`)
        continue
      }
      shape(`${at}.${name}`, field, own)
      inputs(`${at}.${name}`, field.args, own.args)
    }
  }

  function inputs(at: string, wanted: readonly Input[], found: readonly Input[]): void {
    for (const input of wanted) {
      const own = found.find(({ name }) => name === input.name)
      if (own === undefined) missing.push(`${at}(${input.name})`)
      else shape(`${at}(${input.name})`, input, own)
    }
    for (const extra of found.filter(({ name }) => !wanted.some((input) => input.name === name))) {
      if (isRequiredArgument(extra)) report(`${at}(${extra.name}): demanded beyond the contract`)
    }
  }

  function shape(at: string, wanted: Typed, found: Typed): void {
    if (String(wanted.type) !== String(found.type)) {
      report(`${at}: ${String(found.type)} instead of ${String(wanted.type)}`)
    }
  }

  for (const wanted of Object.values(contract.getTypeMap())) {
    const found = schema.getType(wanted.name)
    if (found === undefined) missing.push(`type ${wanted.name}`)
    else type(wanted, found)
  }
  return { missing: missing.sort(), different: different.sort() }
}

type Input = GraphQLArgument | GraphQLInputField
type FieldMap = Readonly<Record<string, GraphQLField<unknown, unknown>>>
interface Typed {
  readonly type: unknown
}

function hasFields(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type)
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

function valuesOf(type: { getValues(): readonly { readonly name: string }[] }): readonly string[] {
  return type.getValues().map(nameOf)
}
