import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import { BUY_NOW, CANCEL, HAMMER, PLACE_BID } from './auction-documents.ts'

const NOTIFICATION = 'id kind title body subjectId data createdAt readAt'
const NOTIFICATIONS = `subscription ($after: Cursor) { notifications(after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on NotificationsSnapshot { reset unread { ${NOTIFICATION} } }
  ... on NotificationCreated { notification { ${NOTIFICATION} } }
  ... on NotificationsRead { ids unreadCount }
} }`
const INBOX = `query ($first: Int, $after: String, $unreadOnly: Boolean) { viewer {
  unreadNotifications notificationsCursor
  notifications(first: $first, after: $after, unreadOnly: $unreadOnly) {
    edges { cursor node { ${NOTIFICATION} } } pageInfo { hasNextPage endCursor } } } }`
const MARK_READ = `mutation ($ids: [ID!]!) { markNotificationsRead(ids: $ids) {
  ... on MarkNotificationsReadPayload { unreadCount } ... on Rejected { code field } } }`
const NODE = `query ($id: ID!) { node(id: $id) { __typename id } }`

interface Notification {
  readonly id: string
  readonly kind: string
  readonly subjectId: string
  readonly readAt: string | null
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly notification?: Notification
  readonly unread?: readonly Notification[]
}

interface Inbox {
  readonly unreadNotifications: number
  readonly notificationsCursor: string
  readonly notifications: {
    readonly edges: readonly { readonly node: Notification }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
  }
}

let node: TestNode
let seller: Caller
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  seller = await createCaller(node, 'sally')
  roomId = await makeRoom(node, seller.token ?? '')
})

afterAll(async () => {
  await seller[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** Somebody of whom nobody has heard, with a connection of their own. */
async function newcomer(roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

const auction = (input: object = {}): Promise<string> => makeAuction(node, seller.token ?? '', roomId, input)
const inbox = (of: Caller, variables = {}): Promise<Inbox> => of.ask<Inbox>(INBOX, variables)
const bid = (by: Caller, auctionId: string, offer: object): Promise<unknown> =>
  by.ask(PLACE_BID, { input: { auctionId, idempotencyKey: randomUUID(), ...offer } })

/** What somebody hears from now on; the snapshot comes first. */
async function listen(caller: Caller): Promise<Recording<Entry>> {
  const heard = caller.record<Entry>(NOTIFICATIONS)
  await heard.take(1)
  return heard
}

async function kindsOf(heard: Recording<Entry>, count: number): Promise<readonly (string | undefined)[]> {
  return (await heard.take(count + 1)).slice(1).map(({ notification }) => notification?.kind)
}

describe('a bidder', () => {
  test('hears of being outbid within a second, with what it is about', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()]
    const heard = await listen(ann)
    expect(heard.values[0]).toMatchObject({ __typename: 'NotificationsSnapshot', offset: 0, unread: [] })
    const id = await auction()
    await bid(ann, id, { amount: 500 })
    await bid(bob, id, { amount: 1050 })
    const [, entry] = await heard.take(2, 1_000)
    expect(entry).toMatchObject({
      __typename: 'NotificationCreated',
      offset: 1,
      notification: {
        kind: 'OUTBID',
        title: 'Outbid: A lot',
        body: 'Someone outbid you on “A lot”: it is now at 10.50 EUR.',
        subjectId: id,
        data: { auctionId: id, roomId, price: 1050, currency: 'EUR' },
        readAt: null,
      },
    })
  })

  test('who is answered at once hears it, and the one who answers does not', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()]
    const [byAnn, byBob] = [await listen(ann), await listen(bob)]
    const id = await auction()
    await bid(ann, id, { maximum: 5000 })
    await bid(bob, id, { amount: 1000 })
    expect(await kindsOf(byBob, 1)).toEqual(['OUTBID'])
    await caughtUp(ann)
    expect(byAnn.values).toHaveLength(1)
  })

  test('hears at the hammer that it was won, and all others that it was lost', async () => {
    const [ann, bob, cid] = [await newcomer(), await newcomer(), await newcomer()]
    const [byAnn, byBob, byCid] = [await listen(ann), await listen(bob), await listen(cid)]
    const id = await auction()
    await bid(ann, id, { amount: 500 })
    await bid(bob, id, { amount: 600 })
    await bid(cid, id, { amount: 700 })
    await seller.ask(HAMMER, { id })
    expect(await kindsOf(byAnn, 2)).toEqual(['OUTBID', 'AUCTION_LOST'])
    expect(await kindsOf(byBob, 2)).toEqual(['OUTBID', 'AUCTION_LOST'])
    expect(await kindsOf(byCid, 1)).toEqual(['AUCTION_WON'])
  })

  test('hears that it was lost where the reserve was not met', async () => {
    const ann = await newcomer()
    const heard = await listen(ann)
    const id = await auction({ reservePrice: 5000 })
    await bid(ann, id, { amount: 500 })
    await seller.ask(HAMMER, { id })
    expect(await kindsOf(heard, 1)).toEqual(['AUCTION_LOST'])
  })

  test('who led when somebody bought outright hears both', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()]
    const [byAnn, byBob] = [await listen(ann), await listen(bob)]
    const id = await auction({ reservePrice: 5000, buyNowPrice: 9000 })
    await bid(ann, id, { amount: 500 })
    await bob.ask(BUY_NOW, { auctionId: id, price: 9000, key: randomUUID() })
    expect(await kindsOf(byAnn, 2)).toEqual(['OUTBID', 'AUCTION_LOST'])
    expect(await kindsOf(byBob, 1)).toEqual(['AUCTION_WON'])
  })

  test('hears that an auction was cancelled, and why', async () => {
    const ann = await newcomer()
    const heard = await listen(ann)
    const cancelled = await auction()
    await bid(ann, cancelled, { amount: 500 })
    await seller.ask(CANCEL, { id: cancelled, reason: 'Withdrawn' })
    const [, entry] = await heard.take(2)
    expect(entry?.notification).toMatchObject({
      ...{ kind: 'AUCTION_CANCELLED', subjectId: cancelled },
      data: { auctionId: cancelled, price: 500, currency: 'EUR', reason: 'Withdrawn' },
    })
  })

  test('hears once, a minute before, that the end is near', async () => {
    const ann = await newcomer()
    const heard = await listen(ann)
    const endsAt = Date.now() + 62_000
    const id = await auction({ endsAt: new Date(endsAt).toISOString() })
    await bid(ann, id, { amount: 500 })
    const [, entry] = await heard.take(2)
    expect(entry?.notification).toMatchObject({ kind: 'AUCTION_ENDING', subjectId: id })
    expect(Math.abs(endsAt - 60_000 - Date.now())).toBeLessThan(1_000)
  })
})

/** Someone with `count` unread notifications, of being outbid. */
async function outbid(count: number): Promise<{ readonly ann: Caller; readonly heard: Recording<Entry> }> {
  const [ann, bob] = [await newcomer(), await newcomer()]
  const heard = await listen(ann)
  for (let each = 0; each < count; each += 1) {
    const id = await auction()
    await bid(ann, id, { amount: 500 })
    await bid(bob, id, { amount: 1000 })
    await heard.take(each + 2)
  }
  return { ann, heard }
}

describe('notifications', () => {
  test('are listed newest first, in pages', async () => {
    const { ann, heard } = await outbid(3)
    const ids = heard.values.slice(1).map(({ notification }) => notification?.id)
    const first = await inbox(ann, { first: 2 })
    expect(first.notifications.edges.map(({ node: { id } }) => id)).toEqual([ids[2], ids[1]])
    const after = first.notifications.pageInfo.endCursor
    const second = await inbox(ann, { first: 2, after })
    expect(second.notifications).toMatchObject({
      edges: [{ node: { id: ids[0] } }],
      pageInfo: { hasNextPage: false },
    })
    expect(second.notificationsCursor).toBe(heard.values.at(-1)?.cursor)
  })

  test('are resumed after a cursor, without a gap', async () => {
    const { ann, heard } = await outbid(3)
    const again = ann.record<Entry>(NOTIFICATIONS, { after: heard.values[1]?.cursor })
    expect(await again.take(2)).toEqual(heard.values.slice(2))
  })

  test('are counted until they are read, and told to be read on every connection', async () => {
    const { ann, heard } = await outbid(3)
    const ids = heard.values.slice(1).map(({ notification }) => notification?.id ?? '')
    expect(await inbox(ann)).toMatchObject({ unreadNotifications: 3 })
    const some = { ids: ids.slice(0, 2) }
    expect(await ann.ask(MARK_READ, some)).toEqual({ unreadCount: 1 })
    expect((await heard.take(5))[4]).toMatchObject({
      __typename: 'NotificationsRead',
      ...some,
      unreadCount: 1,
    })
    expect(await ann.ask(MARK_READ, some)).toEqual({ unreadCount: 1 })
    await caughtUp(ann)
    expect(heard.values).toHaveLength(5)
    const { unreadNotifications, notifications } = await inbox(ann, { unreadOnly: true })
    expect(unreadNotifications).toBe(1)
    expect(notifications.edges.map(({ node: { id } }) => id)).toEqual([ids[2]])
    const snapshot = await listen(ann)
    expect(snapshot.values[0]?.unread).toMatchObject([{ id: ids[2], readAt: null }])
  })

  test('are not read by unknown ids; more than 500 are refused', async () => {
    const { ann } = await outbid(1)
    expect(await ann.ask(MARK_READ, { ids: ['ntf_unknown', 'nonsense'] })).toEqual({ unreadCount: 1 })
    const ids = Array.from({ length: 501 }, (_, index) => `ntf_${index}`)
    expect(await ann.ask(MARK_READ, { ids })).toEqual({ code: 'INVALID_INPUT', field: 'ids' })
    expect(await (await newcomer()).ask(MARK_READ, { ids: [] })).toEqual({ unreadCount: 0 })
  })

  test('are nobody else’s, whatever the role', async () => {
    const { ann, heard } = await outbid(1)
    const { notification, cursor } = heard.values[1] ?? {}
    const id = notification?.id ?? ''
    const others = [
      await newcomer(),
      await newcomer(['admin']),
      await newcomer(['service']),
      await newcomer(['moderator']),
    ]
    for (const other of others) {
      expect((await other.answer(NODE, { id })).data).toEqual({ node: null })
      expect(await other.ask(MARK_READ, { ids: [id] })).toEqual({ unreadCount: 0 })
      expect(await inbox(other)).toMatchObject({ unreadNotifications: 0, notifications: { edges: [] } })
      expect((await listen(other)).values[0]).toMatchObject({ unread: [] })
      expect(await codeOfEnd(other.record(NOTIFICATIONS, { after: cursor }))).toBe('CURSOR_INVALID')
    }
    expect(await ann.ask(NODE, { id })).toEqual({ __typename: 'Notification', id })
    expect(await inbox(ann)).toMatchObject({ unreadNotifications: 1 })
  })

  test('are not for visitors', async () => {
    const visitor = await createCaller(node)
    onTestFinished(() => visitor[Symbol.asyncDispose]())
    expect(await codeOfEnd(visitor.record(NOTIFICATIONS))).toBe('UNAUTHENTICATED')
    expect(await visitor.refusal(MARK_READ, { ids: [] })).toBe('UNAUTHENTICATED')
    expect((await visitor.answer(NODE, { id: 'ntf_any' })).data).toEqual({ node: null })
  })
})
