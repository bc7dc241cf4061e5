import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { asAuctionId } from '../../src/features/auctions/ids.ts'
import { auctionTopic } from '../../src/features/auctions/topics.ts'
import { drawConsequences } from '../../src/features/notifications/follower/round.ts'
import { queuePushes, takeDue } from '../../src/features/notifications/webhook/delivery-queue.ts'
import { createFixture, type Fixture, replay, textAt, viewer } from './fixtures.ts'

const ANN = viewer('ann', 'SERVICE', 'ADMIN')
const BOB = viewer('bob')
const MIGRATION = join(import.meta.dirname, '../../src/features/migrations/0012_notifications_name_rooms.sql')
const OWN = `{ viewer { notifications { edges { node { id kind subjectId data } } } } }`
const REPLAYED =
  'subscription { notifications { ... on NotificationCreated { notification { kind data } } } }'

interface Notified {
  readonly id: string
  readonly kind: string
  readonly subjectId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** In a room whose stored id has no prefix: Bob is mentioned, outbid, and told something by a service. */
async function notified() {
  const all = await createFixture(ANN, BOB)
  await all.run(BOB, 'mutation { joinRoom(roomId: "global") { __typename } }')
  const send = `mutation { sendMessage(input: { roomId: "global", body: "Hi", clientMessageId: "1", mentions: ["bob"] }) {
    ... on MessagePayload { message { id } } ... on Rejected { reason } } }`
  textAt(await all.run(ANN, send), 'sendMessage', 'message', 'id')
  const create = `mutation { createAuction(input: { roomId: "global", title: "Lot", currency: "EUR",
    startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) { ... on AuctionPayload { auction { id } } ... on Rejected { reason } } }`
  const auctionId = textAt(await all.run(ANN, create), 'createAuction', 'auction', 'id')
  await all.run(
    BOB,
    `mutation { placeBid(input: { auctionId: "${auctionId}", amount: 100, idempotencyKey: "k" }) { __typename } }`,
  )
  await all.run(ANN, `mutation { cancelAuction(auctionId: "${auctionId}", reason: "No") { __typename } }`)
  const topic = auctionTopic(asAuctionId(auctionId))
  while ((await drawConsequences(all.services.database, topic, [{ onNotify: queuePushes }])).left !== 'done');
  await all.run(
    ANN,
    `mutation { notify(input: { userIds: ["bob"], kind: OUTBID, title: "T", body: "B",
    subjectId: "demo", data: { roomId: "demo" }, idempotencyKey: "n" }) { __typename } }`,
  )
  return { all, auctionId }
}

async function ofBob({ run }: Fixture): Promise<readonly Notified[]> {
  const { viewer: own } = (await run(BOB, OWN)) as {
    readonly viewer: { readonly notifications: { readonly edges: readonly { readonly node: Notified }[] } }
  }
  return own.notifications.edges.map(({ node }) => node)
}

async function expectUsable(all: Fixture, notifications: readonly Notified[]): Promise<void> {
  for (const { kind, subjectId, data } of notifications) {
    const { roomId } = data
    expect(
      await all.run(BOB, 'query ($id: ID!) { room(id: $id) { id } node(id: $id) { id } }', { id: roomId }),
      kind,
    ).toEqual({
      room: { id: roomId },
      node: { id: roomId },
    })
    const found = await all.run(BOB, 'query ($id: ID!) { node(id: $id) { id } }', { id: subjectId })
    expect(found, kind).toEqual({ node: { id: subjectId } })
  }
}

describe('What the server notifies of', () => {
  test('is named by ids that arguments and node(id:) take', async () => {
    const { all } = await notified()
    const found = (await ofBob(all)).filter(({ subjectId }) => subjectId !== 'demo')
    expect(found.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['MENTION', 'AUCTION_CANCELLED']))
    await expectUsable(all, found)
  })

  test('is so where an older version stored it, in lists, replays and pushes; what services wrote stays', async () => {
    const { all } = await notified()
    const { database } = all.services
    const before = await ofBob(all)
    const replayed = await replay(all, await all.plan(BOB, 'notifications', {}), REPLAYED)
    await database.execute(
      sql`UPDATE notifications SET data = replace(data::text, 'room_global', 'global')::json`,
    )
    await database.execute(sql`UPDATE entries SET data = replace(data::text, 'room_global', 'global')::json`)
    expect(await ofBob(all)).not.toEqual(before)

    for (const each of (await readFile(MIGRATION, 'utf8')).split('--> statement-breakpoint')) {
      await database.execute(sql.raw(each))
    }
    expect(await ofBob(all)).toEqual(before)
    expect(before.find(({ subjectId }) => subjectId === 'demo')?.data).toEqual({ roomId: 'demo' })
    expect(await replay(all, await all.plan(BOB, 'notifications', {}), REPLAYED)).toEqual(replayed)
    await database.execute(sql`UPDATE webhook_deliveries SET due_at = clock_timestamp()`)
    const pushed = await takeDue(database, 10, 1_000)
    expect(pushed.map(({ notification }) => notification.data)).toEqual([
      expect.objectContaining({ roomId: 'room_global' }),
    ])
  })
})
