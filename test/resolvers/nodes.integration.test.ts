import { expect, test } from 'vitest'
import { createFixture, textAt, viewer } from './fixtures.ts'

const ANN = viewer('ann', 'ADMIN', 'SERVICE')
const BOB = viewer('bob')
const CREATE_ROOM = `mutation ($visibility: RoomVisibility!) {
  createRoom(input: { name: "Room", kind: AUCTION, visibility: $visibility }) { ... on RoomPayload { room { id } } } }`
const CREATE_AUCTION = `mutation ($id: ID!) {
  createAuction(input: { roomId: $id, title: "Lot", currency: "EUR", startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) {
    ... on AuctionPayload { auction { id } } } }`
const BID = `mutation ($id: ID!) {
  placeBid(input: { auctionId: $id, amount: 100, idempotencyKey: "k" }) { ... on BidAccepted { bid { id } } } }`
const SEND = `mutation ($id: ID!) {
  sendMessage(input: { roomId: $id, body: "Hello", clientMessageId: "m" }) { ... on MessagePayload { message { id } } } }`
const ANNOUNCE = `mutation { publishAnnouncement(input: { audience: GLOBAL, severity: INFO, title: "Hello", body: "All" }) {
  ... on AnnouncementPayload { announcement { id } } } }`
const NOTIFY = `mutation { notify(input: { userIds: ["bob"], kind: CUSTOM, title: "Hello", body: "Bob", idempotencyKey: "n" }) {
  ... on NotifyPayload { notifications { id } } } }`
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }'

test('node(id:) finds each type by its prefix, and a built-in room by its bare name', async () => {
  const all = await createFixture(ANN, BOB)
  const roomId = textAt(
    await all.run(ANN, CREATE_ROOM, { visibility: 'PUBLIC' }),
    ...['createRoom', 'room', 'id'],
  )
  const auctionId = textAt(
    await all.run(ANN, CREATE_AUCTION, { id: roomId }),
    ...['createAuction', 'auction', 'id'],
  )
  await all.run(BOB, 'mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }', { id: roomId })
  const found: readonly (readonly [typeName: string, id: string])[] = [
    ['Room', roomId],
    ['Auction', auctionId],
    ['Bid', textAt(await all.run(BOB, BID, { id: auctionId }), 'placeBid', 'bid', 'id')],
    ['Message', textAt(await all.run(BOB, SEND, { id: roomId }), 'sendMessage', 'message', 'id')],
    ['Announcement', textAt(await all.run(ANN, ANNOUNCE), 'publishAnnouncement', 'announcement', 'id')],
    ['Notification', textAt(await all.run(ANN, NOTIFY), 'notify', 'notifications', '0', 'id')],
  ]
  for (const [typeName, id] of found) {
    expect(await all.run(BOB, NODE, { id })).toEqual({ node: { __typename: typeName, id } })
  }
  expect(await all.run(BOB, '{ node(id: "global") { __typename } }')).toEqual({
    node: { __typename: 'Room' },
  })
})

test('node(id:) is null for ids of types that it does not find, and for hidden rooms', async () => {
  const all = await createFixture(ANN, BOB)
  const hidden = textAt(
    await all.run(ANN, CREATE_ROOM, { visibility: 'MEMBERS' }),
    ...['createRoom', 'room', 'id'],
  )
  for (const id of [hidden, 'lb_room_global', 'arc_0', 'ord_0', 'auc_0', 'nothing', '']) {
    expect(await all.run(BOB, NODE, { id })).toEqual({ node: null })
  }
})
