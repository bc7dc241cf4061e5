import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql'

/**
 * Writes docs/reference.md from the committed schema and its descriptions. With `--check` writes nothing and exits with
 * 1 if it is stale.
 */
const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/reference.md')

const INTRODUCTION = `# Reference

Written by \`npm run reference\` from \`schema.graphql\`. [api.md](api.md) describes what else clients may rely on.
`

const oneLine = (text: string | null | undefined): string => text?.replace(/\s+/g, ' ').trim() ?? ''

function signatureOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.length === 0 ? '' : `(${args.map(argumentOf).join(', ')})`
  return `${name}${given}: ${type}`
}

const argumentOf = ({ name, type }: GraphQLArgument): string => `${name}: ${type}`

function fieldLines(fields: readonly GraphQLField<unknown, unknown>[]): readonly string[] {
  return fields.flatMap((field) => {
    const about = [
      oneLine(field.description),
      ...field.args.map(({ name, description }) =>
        description ? `\`${name}\`: ${oneLine(description)}` : '',
      ),
    ].filter((text) => text !== '')
    return [`- \`${signatureOf(field)}\`${about.length === 0 ? '' : `  \n  ${about.join(' ')}`}`]
  })
}

function linesOf(type: GraphQLNamedType): readonly string[] {
  const head = [`### ${type.name}`, '', ...(type.description ? [oneLine(type.description), ''] : [])]
  if (isObjectType(type) || isInterfaceType(type)) {
    const interfaces = type.getInterfaces()
    const names = interfaces.map(({ name }) => `[${name}](#${name.toLowerCase()})`)
    const kinds = interfaces.length === 0 ? [] : [`Implements ${names.join(' and ')}.`, '']
    const inherited = new Set(interfaces.flatMap((each) => Object.keys(each.getFields())))
    const own = Object.values(type.getFields()).filter(({ name }) => !inherited.has(name))
    return [...head, ...kinds, ...fieldLines(own), '']
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map(({ name, type: of, description }) => {
      return `- \`${name}: ${of}\`${description ? `  \n  ${oneLine(description)}` : ''}`
    })
    return [...head, ...fields, '']
  }
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name, description }) => {
      return description ? `\`${name}\` (${oneLine(description)})` : `\`${name}\``
    })
    return [...head, `${values.join(', ')}.`, '']
  }
  if (isUnionType(type)) {
    return [
      ...head,
      `One of ${type
        .getTypes()
        .map(({ name }) => `[${name}](#${name.toLowerCase()})`)
        .join(', ')}.`,
      '',
    ]
  }
  return head
}

function referenceOf(schema: GraphQLSchema): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const types = Object.values(schema.getTypeMap())
    .filter(
      (type) =>
        !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !roots.some((root) => root === type),
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const sections: readonly (readonly [string, readonly GraphQLNamedType[]])[] = [
    ['Types', types.filter((type) => isObjectType(type) || isInterfaceType(type))],
    ['Unions', types.filter(isUnionType)],
    ['Input', types.filter(isInputObjectType)],
    ['Enums', types.filter(isEnumType)],
    ['Scalars', types.filter(isScalarType)],
  ]
  const rootLines = roots.flatMap((root) =>
    root ? [`## ${root.name}`, '', ...fieldLines(Object.values(root.getFields())), ''] : [],
  )
  const others = sections.flatMap(([title, members]) => [`## ${title}`, '', ...members.flatMap(linesOf)])
  return `${[INTRODUCTION, ...rootLines, ...others].join('\n').trimEnd()}\n`
}

const made = referenceOf(buildSchema(await readFile(join(ROOT, 'schema.graphql'), 'utf8')))
if (!process.argv.includes('--check')) await writeFile(PAGE, made)
else if ((await readFile(PAGE, 'utf8').catch(() => '')) !== made) {
  console.error('docs/reference.md is stale: run `npm run reference`, and commit it.')
  process.exitCode = 1
}
