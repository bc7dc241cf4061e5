import { readFileSync } from 'node:fs'
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  printSchema,
  validateSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { bundledFeatures } from '../../src/features.ts'
import type { SchemaFeature } from '../../src/schema/contribution.ts'
import { createSchema } from '../../src/schema/schema.ts'
import { createFullSchema } from '../support/schema.ts'

const FEATURES = new Map(bundledFeatures(null).map((feature) => [feature.name, feature]))
const NAMES = [...FEATURES.keys()]

function featureOf(name: string): SchemaFeature {
  const feature = FEATURES.get(name)
  if (feature === undefined) throw new Error(`no feature is called ${name}`)
  return feature
}

/** The names of a feature and of those that it builds on. */
function closureOf(name: string): ReadonlySet<string> {
  return new Set([name, ...featureOf(name).requires.flatMap((each) => [...closureOf(each)])])
}

function schemaOf(names: Iterable<string>): GraphQLSchema {
  return createSchema([...names].flatMap((name) => featureOf(name).schema ?? []))
}

/** The names of all types, fields, arguments and values. */
function namesIn(schema: GraphQLSchema): readonly string[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  return types.flatMap((type) => {
    const at = (name: string): string => `${type.name}.${name}`
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => at(name))]
    if (isInputObjectType(type)) return [type.name, ...Object.keys(type.getFields()).map(at)]
    if (!isObjectType(type) && !isInterfaceType(type)) return [type.name]
    return [
      type.name,
      ...Object.values(type.getFields()).flatMap(({ name, args }) => [
        at(name),
        ...args.map((arg) => `${at(name)}(${arg.name})`),
      ]),
    ]
  })
}

describe('A schema of rooms and messages', () => {
  const features = closureOf('messages')
  const schema = schemaOf(features)
  const names = namesIn(schema)

  test('is valid, and has what these features add to each other', () => {
    expect(validateSchema(schema)).toEqual([])
    expect([...features].sort()).toEqual(['messages', 'rooms', 'users'])
    for (const name of ['Room.messages', 'RoomMember.unreadCount', 'Viewer.rooms', 'Mutation.revokeUser']) {
      expect(names).toContain(name)
    }
  })

  test('has no name of another feature', () => {
    const others = /auction|bid|wallet|order|position|leaderboard|announcement|notification|status/i
    expect(names.filter((name) => others.test(name))).toEqual([])
    const hints = /trad|disclosure|ranking|currency|amount|hammer|buy|funds|portfolio|score/i
    // The scalar is one of the kernel's: every schema can use it.
    expect(names.filter((name) => hints.test(name))).toEqual(['Amount'])
  })

  test('lists the kinds of rooms and the codes of rejections that it can have', () => {
    expect(names.filter((name) => name.startsWith('RoomKind.')).sort()).toEqual([
      'RoomKind.CHAT',
      'RoomKind.DIRECT',
      'RoomKind.LOBBY',
    ])
    expect(names.filter((name) => name.startsWith('RejectionCode.')).sort()).toEqual(
      ['IDEMPOTENCY_KEY_REUSED', 'INVALID_INPUT', 'INVALID_TRANSITION', 'MUTED', 'NOT_AUTHOR', 'NOT_A_MEMBER']
        .concat(['NOT_FOUND', 'OVERLOADED', 'RATE_LIMITED', 'REMOVED'])
        .map((code) => `RejectionCode.${code}`),
    )
  })
})

describe('The parts of the schema', () => {
  test.each(NAMES)('of %s build with those of the features that it builds on', (name) => {
    expect(validateSchema(schemaOf(closureOf(name)))).toEqual([])
  })

  test('build the same schema in any order', () => {
    expect(printSchema(schemaOf(NAMES.toReversed()))).toBe(printSchema(createFullSchema()))
  })

  test('build several schemas in one process, none of which changes another', () => {
    const small = printSchema(schemaOf(closureOf('messages')))
    const full = printSchema(createFullSchema())
    expect(printSchema(schemaOf(closureOf('messages')))).toBe(small)
    expect(printSchema(createFullSchema())).toBe(full)
  })

  test('of a feature fail to build without one that it builds on', () => {
    const names = [...closureOf('leaderboards')].filter((each) => each !== 'auctions')
    expect(() => schemaOf(names)).toThrow('ObjectRef<Auction>')
  })
})

describe('The modules of src/schema', () => {
  const read = (file: string): string => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
  const modulesOf = (name: string): readonly string[] =>
    Array.from(
      read(`features/${name}/feature.ts`).matchAll(
        /import \{ add\w+ \} from '\.\.\/\.\.\/schema\/([\w-]+\.ts)'/g,
      ),
      ([, file = '']) => file,
    )
  const ownerOf = new Map(NAMES.flatMap((name) => modulesOf(name).map((file) => [file, name] as const)))

  test.each(NAMES)('of %s import none of a feature that it does not build on', (name) => {
    const files = modulesOf(name)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const imported = Array.from(
        read(`schema/${file}`).matchAll(/from '\.\/([\w-]+\.ts)'/g),
        ([, each = '']) => each,
      )
      const foreign = imported.filter((each) => !closureOf(name).has(ownerOf.get(each) ?? name))
      expect(foreign, file).toEqual([])
    }
  })
})
