import { readFileSync } from 'node:fs'
import {
  buildSchema,
  isInputType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { differenceFrom } from '../contract/difference.ts'
import { createFullSchema } from '../support/schema.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const contract = buildSchema(read('../contract/contract.graphql'))
const schema = createFullSchema()

describe('the schema', () => {
  test('is valid', () => {
    expect(validateSchema(schema)).toEqual([])
  })

  test('is the one that is committed as schema.graphql', () => {
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(read('../../schema.graphql'))
  })

  test('can be made again', () => {
    expect(printSchema(createFullSchema())).toBe(printSchema(schema))
  })

  test('names the reserve in no type that is shown, but in the administrators’ audit', () => {
    // What MyBidding shows is the viewer's own.
    const shown = Object.values(schema.getTypeMap()).filter(
      (type) => !isInputType(type) && !/^Audit|^AuctionAudit$|^MyBidding$/.test(type.name),
    )
    const fields = shown.filter(isObjectType).flatMap((type) => Object.keys(type.getFields()))
    expect(fields.filter((name) => /reserve|leading|ceiling/i.test(name)).sort()).toEqual([
      'hasReserve',
      'reserveMet',
    ])
  })
})

describe('the schema compared with the contract', () => {
  const { missing, different } = differenceFrom(contract, schema)

  test('has everything it has in the shape that the contract fixes', () => {
    expect(different).toEqual([])
  })

  test('has everything', () => {
    expect(missing).toEqual([])
  })

  test('would be told of a field, an argument, a value and a member that it lacks', () => {
    const undescribed = buildSchema(printSchema(schema).replaceAll(/^ *"""[\s\S]*?"""$/gm, ''))
    const less = buildSchema(
      printSchema(undescribed)
        .replace('  extensionCount: Int!\n', '')
        .replace(', subjectIds: [ID!])', ')')
        .replace('  DASHBOARD\n', '')
        .replace(' | RankingChanged', ''),
    )
    expect(differenceFrom(contract, less).missing).toEqual([
      'Auction.extensionCount',
      'LeaderboardEvent: member RankingChanged',
      'Query.statuses(subjectIds)',
      'StatusKind: value DASHBOARD',
    ])
  })

  test('would be told of another nullability, a missing value and a new demand', () => {
    const changed = buildSchema(
      read('../contract/contract.graphql')
        .replace(
          'title: String!\n  description: String!\n  format',
          'title: String\n  description: String!\n  format',
        )
        .replace('enum PresenceState { ONLINE IDLE }', 'enum PresenceState { ONLINE }')
        .replace('echo(message: String!)', 'echo(message: String!, times: Int!)'),
    )
    expect(differenceFrom(contract, changed)).toEqual({
      missing: ['PresenceState: value IDLE'],
      different: [
        'Auction.title: String instead of String!',
        'Query.echo(times): demanded beyond the contract',
      ],
    })
  })
})
