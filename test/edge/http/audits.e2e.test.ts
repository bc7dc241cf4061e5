import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

let node: TestNode

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
})
afterAll(() => node[Symbol.asyncDispose]())

const audits = serverAudits({ url: () => `${node.url}/graphql` })

// All audits pass, including MAY. An audit that must fail needs a list here, with the reason.
describe('By the audits of graphql-http', () => {
  test('there are some of all three kinds', () => {
    const kinds = new Set(audits.map(({ name }) => name.split(' ')[0]))
    expect(kinds).toEqual(new Set(['MUST', 'SHOULD', 'MAY']))
  })

  test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    '%s: the server does what it %s',
    async (_id, _name, { fn }) => {
      expect(await fn()).toMatchObject({ status: 'ok' })
    },
  )
})
