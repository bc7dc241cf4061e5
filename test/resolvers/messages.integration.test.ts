import { describe, expect, test } from 'vitest'
import { createFixture, type Fixture, refusalOf, replay, snapshot, textAt, viewer } from './fixtures.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const eve = viewer('eve')

const RESULT = `{ __typename ... on MessagePayload { cursor message { id body offset author { name } mentions { id }
  replyToId editedAt deletedAt } } ... on Rejected { code field } }`
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) ${RESULT} }`
const MESSAGES = `subscription { messages(roomId: "-") { __typename ... on Event { offset cursor }
  ... on MessagesSnapshot { messages { body offset } }
  ... on MessageSent { message { body editedAt } } ... on MessageEdited { message { body } }
  ... on MessageDeleted { message { body offset } } } }`

/** A room for members, with ann (its owner) and bob. */
async function roomWithTwo(): Promise<Fixture & { readonly roomId: string }> {
  const all = await createFixture(ann, bob, eve)
  const create = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: MEMBERS }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await all.run(ann, create), 'createRoom', 'room', 'id')
  await all.run(ann, `mutation { addMember(roomId: "${roomId}", userId: "bob") { __typename } }`)
  return { ...all, roomId }
}

async function send(
  { run, roomId }: Fixture & { readonly roomId: string },
  body: string,
  more: object = {},
): Promise<unknown> {
  const input = { roomId, body, clientMessageId: body, ...more }
  const answer = await run(ann, SEND, { input })
  return answer
}

describe('sending a message', () => {
  test('stores it trimmed, with the mentions of those who are known', async () => {
    const all = await roomWithTwo()
    expect(await send(all, ' Hello ', { mentions: ['nobody', 'bob', 'bob'] })).toMatchObject({
      sendMessage: {
        __typename: 'MessagePayload',
        message: {
          body: 'Hello',
          offset: 1,
          author: { name: 'ANN' },
          mentions: [{ id: 'bob' }],
          replyToId: null,
        },
      },
    })
  })

  test('again with the same clientMessageId gives the same message, with another body IDEMPOTENCY_KEY_REUSED', async () => {
    const all = await roomWithTwo()
    const first = await send(all, 'Hello', { clientMessageId: 'c' })
    expect(await send(all, ' Hello ', { clientMessageId: 'c' })).toMatchObject({
      sendMessage: { message: { id: textAt(first, 'sendMessage', 'message', 'id'), offset: 1 } },
    })
    expect(await send(all, 'Bye', { clientMessageId: 'c' })).toMatchObject({
      sendMessage: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
  })

  test('is UNAUTHENTICATED for a visitor, and NOT_FOUND for users who do not see the room', async () => {
    const { run, codeOf, roomId } = await roomWithTwo()
    const input = { roomId, body: 'x', clientMessageId: 'x' }
    expect(await codeOf(null, SEND, { input })).toBe('UNAUTHENTICATED')
    expect(await run(eve, SEND, { input })).toMatchObject({ sendMessage: { code: 'NOT_FOUND' } })
  })
})

describe('a message', () => {
  test('is edited by its author and deleted, keeping its place', async () => {
    const all = await roomWithTwo()
    const id = textAt(await send(all, 'One'), 'sendMessage', 'message', 'id')
    await send(all, 'Two')
    expect(
      await all.run(ann, `mutation { editMessage(messageId: "${id}", body: "1") ${RESULT} }`),
    ).toMatchObject({
      editMessage: { message: { body: '1', offset: 1 } },
    })
    expect(
      await all.run(bob, `mutation { editMessage(messageId: "${id}", body: "2") ${RESULT} }`),
    ).toMatchObject({
      editMessage: { code: 'NOT_AUTHOR' },
    })
    expect(await all.run(ann, `mutation { deleteMessage(messageId: "${id}") ${RESULT} }`)).toMatchObject({
      deleteMessage: { message: { body: null, offset: 1 } },
    })
    const plan = await all.plan(bob, 'messages', { roomId: all.roomId })
    expect(await replay(all, plan, MESSAGES)).toMatchObject([
      { __typename: 'MessageSent', offset: 1, message: { body: null, editedAt: null } },
      { __typename: 'MessageSent', offset: 2, message: { body: 'Two' } },
      { __typename: 'MessageEdited', offset: 3, message: { body: null } },
      { __typename: 'MessageDeleted', offset: 4, message: { body: null, offset: 1 } },
    ])
    expect(await snapshot(all, plan, MESSAGES)).toMatchObject({
      __typename: 'MessagesSnapshot',
      offset: 4,
      messages: [
        { body: null, offset: 1 },
        { body: 'Two', offset: 2 },
      ],
    })
  })

  test('of a room that the caller may not see does not exist', async () => {
    const all = await roomWithTwo()
    const id = textAt(await send(all, 'One'), 'sendMessage', 'message', 'id')
    expect(await all.run(eve, `{ node(id: "${id}") { id } }`)).toEqual({ node: null })
    expect(await all.run(bob, `{ node(id: "${id}") { id __typename } }`)).toEqual({
      node: { id, __typename: 'Message' },
    })
    for (const change of [
      `editMessage(messageId: "${id}", body: "x")`,
      `deleteMessage(messageId: "${id}")`,
    ]) {
      const [name = ''] = change.split('(')
      expect(await all.run(eve, `mutation { ${change} ${RESULT} }`)).toEqual({
        [name]: { __typename: 'Rejected', code: 'NOT_FOUND', field: 'messageId' },
      })
    }
    expect(await refusalOf(all.plan(eve, 'messages', { roomId: all.roomId }))).toBe('NOT_FOUND')
  })
})

describe('the messages of a room', () => {
  test('end exactly where messagesCursor continues', async () => {
    const all = await roomWithTwo()
    await send(all, 'One')
    const plan = await all.plan(bob, 'roomState', { roomId: all.roomId })
    if (plan.kind !== 'history') throw new Error('roomState is a history')
    const taken = await plan.source.snapshot(plan.topic, null)
    await send(all, 'Two')
    const event = { type: 'RoomSnapshot', topic: plan.topic, ...taken, ...taken.state }
    const later = await all.present(
      'subscription { roomState(roomId: "-") { ... on RoomSnapshot { room { messagesCursor messages { edges { node { body } } } } } } }',
      event,
    )
    expect(later).toMatchObject({ roomState: { room: { messages: { edges: [{ node: { body: 'One' } }] } } } })
    const snapshotThen = textAt(later, 'roomState', 'room', 'messagesCursor')
    const now = await all.run(bob, `{ room(id: "${all.roomId}") { messagesCursor } }`)
    expect(textAt(now, 'room', 'messagesCursor')).not.toBe(snapshotThen)
  })

  test('are paged from the end backwards and from the front, newest last', async () => {
    const all = await roomWithTwo()
    for (const body of ['1', '2', '3', '4', '5']) await send(all, body)
    const page = async (args: string): Promise<unknown> => {
      const text = `{ room(id: "${all.roomId}") { messages${args} { pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { node { body } } } } }`
      return all.run(bob, text)
    }
    const shown = (bodies: readonly string[], hasPreviousPage: boolean, hasNextPage: boolean) => ({
      room: {
        messages: {
          edges: bodies.map((body) => ({ node: { body } })),
          pageInfo: { hasPreviousPage, hasNextPage },
        },
      },
    })
    expect(await page('')).toMatchObject(shown(['1', '2', '3', '4', '5'], false, false))
    const last = await page('(last: 2)')
    expect(last).toMatchObject(shown(['4', '5'], true, false))
    const before = textAt(last, 'room', 'messages', 'pageInfo', 'startCursor')
    expect(await page(`(last: 3, before: "${before}")`)).toMatchObject(shown(['1', '2', '3'], false, true))
    const first = await page('(first: 2)')
    expect(first).toMatchObject(shown(['1', '2'], false, true))
    const after = textAt(first, 'room', 'messages', 'pageInfo', 'endCursor')
    expect(await page(`(first: 3, after: "${after}")`)).toMatchObject(shown(['3', '4', '5'], true, false))
  })

  test('of an empty history have a snapshot at offset 0', async () => {
    const all = await roomWithTwo()
    const plan = await all.plan(bob, 'messages', { roomId: all.roomId })
    expect(await snapshot(all, plan, MESSAGES)).toMatchObject({ offset: 0, messages: [] })
  })

  test('are the last 50 in a snapshot', async () => {
    const all = await roomWithTwo()
    await Promise.all(Array.from({ length: 60 }, (_, index) => send(all, `m${index}`)))
    const plan = await all.plan(bob, 'messages', { roomId: all.roomId })
    expect(await snapshot(all, plan, MESSAGES)).toMatchObject({
      offset: 60,
      messages: Array.from({ length: 50 }, (_, index) => ({ offset: index + 11 })),
    })
  })
})
