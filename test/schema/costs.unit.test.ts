import {
  type GraphQLField,
  getNamedType,
  getNullableType,
  isCompositeType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { createFullSchema } from '../support/schema.ts'

const schema = createFullSchema()
const fields = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'))
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, type, field })),
  )

type Field = GraphQLField<unknown, unknown>

const isSized = ({ args }: Field): boolean => args.some(({ name }) => name === 'first' || name === 'last')

/** Parts of a connection, whose field has the size. */
const isPart = (name: string): boolean => /^\w+Connection\.(edges|nodes)$/.test(name)

describe('the cost of a field', () => {
  const lists = fields.filter(({ field }) => isListType(getNullableType(field.type)))

  test.each(lists)('$name, a list, has a size', ({ name, field }) => {
    if (isPart(name)) return expect(field.extensions.cost?.size).toBeUndefined()
    expect(field.extensions.cost?.size).toBeGreaterThan(0)
  })

  test.each(fields.filter(({ field }) => isSized(field)))(
    '$name, which takes `first`, is a list',
    ({ field }) => {
      const type = getNullableType(field.type)
      expect(isListType(type) || (isCompositeType(type) && type.name.endsWith('Connection'))).toBe(true)
    },
  )

  test.each(fields.filter(({ type }) => type !== schema.getMutationType()))(
    '$name has a weight, if its resolver reaches for what is not in its parent',
    async ({ field, type }) => {
      if (type === schema.getSubscriptionType()) return expect(field.extensions.cost?.weight).toBeDefined()
      if ((await reachesOf(field)).length > 0) expect(field.extensions.cost?.weight).toBeDefined()
    },
  )

  test('is noticed where a resolver reads: the check sees what it looks for', async () => {
    const seen = new Map<string, readonly string[]>()
    for (const { name, field } of fields) seen.set(name, await reachesOf(field))
    expect(seen.get('Query.rooms')).toContain('database')
    expect(seen.get('Room.members')?.length).toBeGreaterThan(0)
    expect(seen.get('Leaderboard.standings')).toContain('record()')
    expect(seen.get('Room.name')).toEqual([])
    expect([...seen.values()].filter((reaches) => reaches.length > 0).length).toBeGreaterThan(30)
  })
})

/** What `field`'s resolver takes from the services, and what it calls on its parent: nothing where it only looks at values. */
async function reachesOf(field: Field): Promise<readonly string[]> {
  const reaches: string[] = []
  const { resolve } = field
  if (resolve === undefined) return reaches
  const services = new Proxy(
    {},
    {
      get: (_target, part) => {
        // What costs nothing.
        if (part === 'node' || part === 'version') return 'text'
        if (part === 'now') return () => 0
        reaches.push(String(part))
        throw new Error(`reached for ${String(part)}`)
      },
    },
  )
  const context = {
    services,
    connection: null,
    client: 'user:ann',
    signal: AbortSignal.any([]),
    viewer: {
      user: { id: 'ann', name: 'Ann' },
      roles: new Set(['USER', 'ADMIN']),
      expiresAt: 0,
      issuedAt: null,
    },
  }
  const parent: object = new Proxy(() => {}, {
    get: (_target, member) => {
      if (member === 'then' || typeof member === 'symbol') return undefined
      if (['roomPosition', 'messagesPosition', 'position', 'lastBid', 'marks', 'record'].includes(member)) {
        return async () => {
          reaches.push(`${member}()`)
          throw new Error('called')
        }
      }
      return isLeafType(getNamedType(field.type)) ? 'text' : parent
    },
  })
  const args = Object.fromEntries(
    field.args.map(({ name }) => [name, /Id$|^id$/.test(name) ? 'room_1' : undefined]),
  )
  try {
    await resolve(parent, args, context, {} as never)
  } catch {
    // It got as far as it could.
  }
  return reaches
}
