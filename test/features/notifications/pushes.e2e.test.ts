import { randomUUID } from 'node:crypto'
import { Webhook as Verifier } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { createCaller } from '../../support/caller.ts'
import { startNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { startRedis } from '../../support/redis.ts'
import { makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'
import { startReceiver } from './receiver.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NOTIFY = `mutation ($input: NotifyInput!) { notify(input: $input) {
  ... on NotifyPayload { notifications { id } } } }`
const TIME = 'subscription { serverTime }'
const FAILED = '{ failedPushes { totalCount edges { node { problem } } } }'

describe('a server with a webhook', () => {
  test('sends it what is for people who are away, and nothing for those who are on another node', async () => {
    await using receiver = await startReceiver()
    await using redis = await startRedis()
    const options = {
      databaseUrl: await freshDatabase(),
      redisUrl: redis.url,
      env: { NOTIFICATION_WEBHOOK_URL: String(receiver.url), NOTIFICATION_WEBHOOK_SECRET: SECRET },
    }
    await using first = await startNode(options)
    await using second = await startNode(options)
    await using here = await createCaller(second, 'here')
    await here.record(TIME).take(1)
    const startedAt = Date.now()

    const seller = await first.token('seller')
    const auctionId = await makeAuction(first, seller, await makeRoom(first, seller))
    await placeBid(first, await first.token('away'), { auctionId, amount: 500 })
    await placeBid(first, await first.token('here'), { auctionId, amount: 600 })
    await placeBid(first, await first.token('other'), { auctionId, amount: 700 })
    await using service = await createCaller(first, 'house', ['service'])
    const text = { kind: 'CUSTOM', title: 'Parcel', body: 'On its way.', idempotencyKey: randomUUID() }
    await service.ask(NOTIFY, { input: { ...text, userIds: ['away', 'here'] } })

    const received = await receiver.count(2)
    expect(Date.now() - startedAt).toBeGreaterThan(9_500)
    const pushes = received.map(({ headers, body }) => {
      return new Verifier(SECRET).verify(body, headers as Record<string, string>)
    })
    expect(pushes).toMatchObject([{ data: { userId: 'away' } }, { data: { userId: 'away' } }])
    const kinds = pushes.map((push) => (push as { readonly data: { readonly kind: string } }).data.kind)
    expect(kinds.toSorted()).toEqual(['CUSTOM', 'OUTBID'])
    await expect.poll(() => receiver.received.length, { timeout: 2_000 }).toBe(2)

    await using root = await createCaller(first, 'root', ['admin'])
    expect(await root.ask(FAILED)).toEqual({ totalCount: 0, edges: [] })
    expect(await service.refusal(FAILED)).toBe('FORBIDDEN')
  }, 60_000)
})
