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
import { REJECTION_CODES } from '../../src/engine/kernel/rejection.ts'
import { bundledFeatures } from '../../src/features.ts'
import {
  createFullSchema,
  FEATURE_NAMES,
  type FeatureName,
  PARTS,
  rejectionCodesOf,
} from '../../src/schema/parts.ts'
import { createSchema } from '../../src/schema/schema.ts'

const REQUIRED = new Map(bundledFeatures(null).map(({ name, requires }) => [name, requires]))

/** `feature` and the features that it builds on, core included. */
function closureOf(feature: FeatureName): ReadonlySet<FeatureName> {
  const required = FEATURE_NAMES.filter((name) => REQUIRED.get(feature)?.includes(name))
  return new Set(['core', feature, ...required.flatMap((name) => [...closureOf(name)])])
}

function schemaOf(features: ReadonlySet<FeatureName>): GraphQLSchema {
  const parts = [...features].flatMap((feature) => PARTS[feature])
  return createSchema({ parts, rejectionCodes: rejectionCodesOf(features) })
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
  const features = new Set([...closureOf('rooms'), ...closureOf('messages')])
  const schema = schemaOf(features)
  const names = namesIn(schema)

  test('is valid, and has what these features add to each other', () => {
    expect(validateSchema(schema)).toEqual([])
    expect([...features].sort()).toEqual(['core', 'messages', 'rooms', 'users'])
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
    expect(names.filter((name) => name.startsWith('RejectionCode.'))).toHaveLength(
      rejectionCodesOf(features).length,
    )
  })
})

describe('The parts of the schema', () => {
  test.each(FEATURE_NAMES)('of %s build with those of the features that it depends on', (feature) => {
    const schema = schemaOf(closureOf(feature))
    expect(validateSchema(schema)).toEqual([])
  })

  test('build the same schema in any order', () => {
    const parts = Object.values(PARTS).flat()
    const turned = createSchema({ parts: parts.toReversed(), rejectionCodes: REJECTION_CODES })
    expect(printSchema(turned)).toBe(printSchema(createFullSchema()))
  })

  test('build several schemas in one process, none of which changes another', () => {
    const small = printSchema(schemaOf(closureOf('messages')))
    const full = printSchema(createFullSchema())
    expect(printSchema(schemaOf(closureOf('messages')))).toBe(small)
    expect(printSchema(createFullSchema())).toBe(full)
  })

  test('of a feature fail to build without one that it depends on', () => {
    const features = new Set([...closureOf('leaderboards')].filter((each) => each !== 'auctions'))
    expect(() => schemaOf(features)).toThrow('ObjectRef<Auction>')
  })

  test('are those of all bundled features, and of core', () => {
    expect(FEATURE_NAMES.toSorted()).toEqual([...REQUIRED.keys(), 'core'].sort())
  })

  test('divide the codes of rejections among them', () => {
    const divided = FEATURE_NAMES.flatMap((feature) => rejectionCodesOf(new Set([feature])))
    expect(divided.toSorted()).toEqual(REJECTION_CODES.toSorted())
  })
})

describe('The modules of src/schema', () => {
  const read = (file: string): string =>
    readFileSync(new URL(`../../src/schema/${file}`, import.meta.url), 'utf8')
  const fileOf = new Map(
    Array.from(
      read('parts.ts').matchAll(/import \{ (add\w+) \} from '\.\/([\w-]+\.ts)'/g),
      ([, part, file]) => [part, file],
    ),
  )
  const featureOf = new Map(
    FEATURE_NAMES.flatMap((feature) => PARTS[feature].map((part) => [fileOf.get(part.name), feature])),
  )

  test.each(FEATURE_NAMES)('of %s import none of a feature that it does not depend on', (feature) => {
    for (const part of PARTS[feature]) {
      const file = fileOf.get(part.name)
      if (file === undefined) throw new Error(`${part.name} is imported from no file of its own`)
      const imported = Array.from(read(file).matchAll(/from '\.\/([\w-]+\.ts)'/g), ([, name]) => name)
      const foreign = imported.filter((name) => !closureOf(feature).has(featureOf.get(name) ?? 'core'))
      expect(foreign, file).toEqual([])
    }
  })
})
