import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../test/support/node.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { makeAuction, makeRoom } from '../../test/support/rooms.ts'
import { createRostrumClient, type LiveDefinition, liveAuction, liveMessages } from '../src/index.ts'
import { backoff } from './readers.ts'

const MANIFEST = join(import.meta.dirname, '../src/gql/persisted-documents.json')
const DOCUMENTS = join(import.meta.dirname, '../src/state/documents.graphql')

let databaseUrl: string
let open: TestNode
let strict: TestNode
let ann: string
beforeAll(async () => {
  databaseUrl = await freshDatabase()
  open = await startNode({ databaseUrl })
  strict = await startNode({ databaseUrl, env: { TRUSTED_DOCUMENTS: MANIFEST } })
  ann = await open.token('ann')
})
afterAll(async () => {
  await strict[Symbol.asyncDispose]()
  await open[Symbol.asyncDispose]()
})

/** The first state that comes of `definition`, or what it is refused with. */
async function first<State, Result, Variables>(
  definition: LiveDefinition<State, Result, Variables>,
): Promise<State> {
  const client = createRostrumClient({ url: strict.url, token: ann, backoff })
  try {
    for await (const { data } of client.iterate(definition.operation)) {
      if (data !== undefined && data !== null) return definition.reduce(undefined, data)
    }
    throw new Error('it ended')
  } finally {
    await client.dispose()
  }
}

describe('A server that runs the documents of the generated manifest and no others', () => {
  test('runs those of the kit', async () => {
    const roomId = await makeRoom(open, ann)
    const auctionId = await makeAuction(open, ann, roomId)
    expect((await first(liveAuction(auctionId))).auction.id).toBe(auctionId)
    expect((await first(liveMessages(roomId))).messages).toEqual([])
  })

  test('has one hash for each', async () => {
    const manifest = JSON.parse(await readFile(MANIFEST, 'utf8'))
    expect(Object.keys(manifest).every((hash) => /^sha256:[0-9a-f]{64}$/.test(hash))).toBe(true)
    const documents = await readFile(DOCUMENTS, 'utf8')
    expect(Object.keys(manifest)).toHaveLength(
      [...documents.matchAll(/^(query|mutation|subscription) /gm)].length,
    )
  })

  test('refuses others', async () => {
    const client = createRostrumClient({ url: strict.url, token: ann, backoff })
    const { errors } = await client.execute({ query: '{ viewer { user { id } } }' })
    await client.dispose()
    expect(errors?.[0]?.extensions?.['code']).toMatch(/DOCUMENT|PERSISTED|TRUSTED/)
  })
})
