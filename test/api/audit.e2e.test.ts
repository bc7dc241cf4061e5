import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GraphqlResult, post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const AUDIT = `query ($id: ID!, $after: Cursor) { auctionAudit(auctionId: $id) {
  reservePrice auction { currentPrice }
  entries(after: $after) { cursor offset type actor { id } data transfers { kind } }
  offers { sequence bidder { id } kind offer ceiling bidId }
} }`

interface Audit {
  readonly reservePrice: number | null
  readonly entries: readonly {
    readonly cursor: string
    readonly offset: number
    readonly type: string
    readonly actor: { readonly id: string } | null
    readonly data: object
  }[]
  readonly offers: readonly { readonly kind: string; readonly offer: number; readonly bidId: string | null }[]
}

describe('the audit of an auction', () => {
  let node: TestNode
  let auctionId: string

  beforeAll(async () => {
    node = await startNode({ databaseUrl: await freshDatabase() })
    const seller = await node.token('seller')
    auctionId = await makeAuction(node, seller, await makeRoom(node, seller), { reservePrice: 2_000 })
    const [ann, ben] = [await node.token('ann'), await node.token('ben')]
    await placeBid(node, ann, { auctionId, maximum: 1_500 })
    await placeBid(node, ann, { auctionId, maximum: 1_800 })
    await placeBid(node, ben, { auctionId, amount: 1_700 })
    await post(
      node.url,
      `mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }`,
      { id: auctionId },
      seller,
    )
  })
  afterAll(() => node[Symbol.asyncDispose]())

  async function ask(token: string | undefined, variables: object = {}): Promise<GraphqlResult> {
    return post(node.url, AUDIT, { id: auctionId, ...variables }, token)
  }

  test('shows an administrator every entry with who gave it, and every offer with what it asked for', async () => {
    const { data } = await ask(await node.token('root', { roles: ['admin'] }))
    const audit = data?.['auctionAudit'] as Audit
    expect(audit).toMatchObject({ reservePrice: 2_000, auction: { currentPrice: 1_800 } })
    expect(audit.entries.map(({ offset, type, actor }) => [offset, type, actor?.id])).toEqual([
      [1, 'BidPlaced', 'ann'],
      [2, 'BidPlaced', 'ben'],
      [3, 'BidPlaced', 'ben'],
      [4, 'AuctionUnsold', 'seller'],
    ])
    expect(audit.offers).toMatchObject([
      { sequence: 1, bidder: { id: 'ann' }, kind: 'MAXIMUM', offer: 1_500, ceiling: 1_500 },
      { sequence: 2, bidder: { id: 'ann' }, kind: 'MAXIMUM', offer: 1_800, ceiling: 1_800, bidId: null },
      { sequence: 3, bidder: { id: 'ben' }, kind: 'AMOUNT', offer: 1_700, ceiling: 1_700 },
    ])
  })

  test('continues after a cursor, and refuses the cursor of another topic', async () => {
    const root = await node.token('root', { roles: ['admin'] })
    const all = (await ask(root)).data?.['auctionAudit'] as Audit
    const rest = (await ask(root, { after: all.entries[1]?.cursor })).data?.['auctionAudit'] as Audit
    expect(rest.entries).toEqual(all.entries.slice(2))
    expect((await ask(root, { after: 'garbage' })).errors).toMatchObject([
      { extensions: { code: 'CURSOR_INVALID' } },
    ])
  })

  test('is for administrators alone', async () => {
    for (const roles of [[], ['moderator'], ['service']]) {
      const { data, errors } = await ask(await node.token('seller', { roles }))
      expect(data).toEqual({ auctionAudit: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    }
    expect((await ask(undefined)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const none = await ask(await node.token('root', { roles: ['admin'] }), { id: 'auc_none' })
    expect(none).toEqual({ data: { auctionAudit: null } })
  })
})
