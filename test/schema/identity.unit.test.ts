import { readFileSync } from 'node:fs'
import { buildSchema, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { reservedIdPrefixes } from '../../src/engine/kernel/id.ts'
import '../../src/features.ts'

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'))

/** The types of the schema that have an `id: ID!`, each with the prefix of its ids. Users have the `sub` of their tokens. */
const PREFIX_OF: Readonly<Record<string, string>> = {
  Announcement: 'ann_',
  Auction: 'auc_',
  Bid: 'bid_',
  Leaderboard: 'lb_',
  LeaderboardArchive: 'arc_',
  Message: 'msg_',
  Notification: 'ntf_',
  Order: 'ord_',
  Room: 'room_',
}

describe('Every object type of the printed schema with an `id: ID!`', () => {
  const identified = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => String(type.getFields()['id']?.type) === 'ID!')
    .map(({ name }) => name)

  test('has a prefix of its own, or is User', () => {
    expect(identified.filter((name) => name !== 'User').sort()).toEqual(Object.keys(PREFIX_OF).sort())
    const prefixes = Object.values(PREFIX_OF)
    expect(new Set(prefixes).size).toBe(prefixes.length)
  })

  test('has a prefix that tokens may not begin their `sub` with', () => {
    expect(new Set(reservedIdPrefixes())).toEqual(new Set(Object.values(PREFIX_OF)))
  })
})

describe('The root fields', () => {
  test.each([schema.getQueryType(), schema.getMutationType()])('of %s are nullable', (type) => {
    const fields = Object.values(type?.getFields() ?? {})
    expect(fields.length).toBeGreaterThan(10)
    expect(fields.filter((field) => String(field.type).endsWith('!')).map(({ name }) => name)).toEqual([])
  })

  test('of Subscription are not: each is the whole answer', () => {
    const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {})
    expect(fields.filter((field) => !String(field.type).endsWith('!')).map(({ name }) => name)).toEqual([])
  })
})
