import { describe, expect, test } from 'vitest'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { FAR_FUTURE } from '../../../src/engine/kernel/instant.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { asMessageId } from '../../../src/features/messages/ids.ts'
import type { MessageCommand } from '../../../src/features/messages/rules/command.ts'
import { decideMessage, type MessageContext } from '../../../src/features/messages/rules/decide.ts'
import { evolveMessages } from '../../../src/features/messages/rules/evolve.ts'
import type { Message } from '../../../src/features/messages/rules/message.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import type { RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import {
  admin,
  directRoom,
  eventsOf,
  inMinutes,
  max,
  member,
  mia,
  molly,
  NOW,
  olga,
  person,
  roomWith,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from '../rooms/room.fixture.ts'

const standing: Message = {
  id: asMessageId('msg_1'),
  roomId: asRoomId('room_1'),
  author: mia.person,
  body: 'hello',
  mentions: [max.person],
  replyToId: null,
  offset: asOffset(4),
  sentAt: inMinutes(-5),
  editedAt: null,
  deletedAt: null,
}
const deleted: Message = { ...standing, body: null, mentions: [], deletedAt: inMinutes(-1) }
const elsewhere: Message = { ...standing, roomId: asRoomId('room_2') }

const sendCommand = (change: Partial<Extract<MessageCommand, { kind: 'send' }>> = {}): MessageCommand => ({
  kind: 'send',
  id: asMessageId('msg_2'),
  clientMessageId: 'c-1',
  fingerprint: 'f-1',
  body: 'good morning',
  mentions: [],
  replyToId: null,
  ...change,
})
const editCommand = (body = 'hello again'): MessageCommand => ({ kind: 'edit', id: standing.id, body })
const deleteCommand: MessageCommand = { kind: 'delete', id: standing.id }
const everyCommand = [sendCommand(), editCommand(), deleteCommand]

const holding = (...messages: readonly Message[]) => new Map(messages.map((one) => [one.id, one]))

const decide = (actor: Actor, command: MessageCommand, context: Partial<MessageContext> = {}) =>
  decideMessage(command, {
    now: NOW,
    actor,
    room: roomWith(),
    messages: holding(standing),
    sent: undefined,
    offset: asOffset(9),
    ...context,
  })

const verdict = (actor: Actor, command: MessageCommand, context: Partial<MessageContext> = {}) =>
  verdictOf(decide(actor, command, context))

const events = (actor: Actor, command: MessageCommand, context: Partial<MessageContext> = {}) =>
  eventsOf(decide(actor, command, context))

const ended = roomWith({ phase: 'ENDED' })
const withoutMia = roomWith({}, [member(mia, { status: 'left' })])
const withMuted = (mutedUntil = FAR_FUTURE): RoomFacts => roomWith({}, [member(mia, { mutedUntil })])

describe('a room that the actor does not see', () => {
  test.each(everyCommand)('has nothing to $kind in', (command) => {
    const field = command.kind === 'send' ? 'roomId' : 'messageId'
    const hidden: readonly (readonly [Actor, RoomFacts | null])[] = [
      [stranger, roomWith({ visibility: 'MEMBERS' })],
      [tokenModerator, roomWith({ visibility: 'MEMBERS' })],
      [service, roomWith({ visibility: 'ADMIN' })],
      [admin, directRoom(mia, max)],
      [admin, null],
    ]
    for (const [actor, room] of hidden) expect(verdict(actor, command, { room })).toBe(`NOT_FOUND ${field}`)
  })

  test('does not betray what was sent there before', () => {
    const room = roomWith({ visibility: 'MEMBERS' }, [member(mia, { status: 'removed' })])
    const sent = { message: standing, fingerprint: 'f-1' }
    expect(verdict(mia, sendCommand(), { room, sent })).toBe('NOT_FOUND roomId')
  })
})

test.each(everyCommand)('the server itself does not $kind', (command) => {
  expect(verdict(SYSTEM, command)).toBe('FORBIDDEN')
})

describe('sending', () => {
  test('creates a message at the next offset', () => {
    const command = sendCommand({ mentions: [max.person], replyToId: standing.id })
    expect(events(mia, command)).toEqual([
      {
        type: 'MessageSent',
        clientMessageId: 'c-1',
        fingerprint: 'f-1',
        message: {
          id: asMessageId('msg_2'),
          roomId: asRoomId('room_1'),
          author: mia.person,
          body: 'good morning',
          mentions: [max.person],
          replyToId: standing.id,
          offset: asOffset(9),
          sentAt: NOW,
          editedAt: null,
          deletedAt: null,
        },
      },
    ])
    expect(decide(mia, command)).toMatchObject({ reply: { messageId: asMessageId('msg_2') } })
  })

  test('needs membership', () => {
    for (const actor of [stranger, tokenModerator]) expect(verdict(actor, sendCommand())).toBe('NOT_A_MEMBER')
    expect(verdict(mia, sendCommand(), { room: withoutMia })).toBe('NOT_A_MEMBER')
    for (const actor of [olga, molly, mia]) expect(verdict(actor, sendCommand())).toBe('ACCEPTED')
  })

  test('needs none of administrators and services', () => {
    for (const actor of [admin, service]) {
      expect(verdict(actor, sendCommand())).toBe('ACCEPTED')
      expect(verdict(actor, sendCommand(), { room: roomWith({ visibility: 'MEMBERS' }) })).toBe('ACCEPTED')
    }
  })

  test('in a direct room is for its two', () => {
    for (const actor of [mia, max]) {
      expect(verdict(actor, sendCommand(), { room: directRoom(mia, max) })).toBe('ACCEPTED')
    }
    expect(verdict(service, sendCommand(), { room: directRoom(mia, max) })).toBe('NOT_FOUND roomId')
  })

  test('is refused to the muted for as long as the mute holds', () => {
    expect(verdict(mia, sendCommand(), { room: withMuted() })).toBe('MUTED')
    expect(verdict(mia, sendCommand(), { room: withMuted(inMinutes(1)) })).toBe('MUTED')
    expect(verdict(mia, sendCommand(), { room: withMuted(NOW) })).toBe('ACCEPTED')
  })

  test('is refused to a muted administrator who is a member', () => {
    const room = roomWith({}, [member(admin, { mutedUntil: FAR_FUTURE })])
    expect(verdict(admin, sendCommand(), { room })).toBe('MUTED')
  })

  test('is possible in a room that has not ended', () => {
    for (const phase of ['SCHEDULED', 'LIVE', 'PAUSED'] as const) {
      expect(verdict(mia, sendCommand(), { room: roomWith({ phase }) })).toBe('ACCEPTED')
    }
    for (const actor of [mia, olga, admin]) {
      expect(verdict(actor, sendCommand(), { room: ended })).toBe('INVALID_TRANSITION')
    }
  })

  test.each(['', '  \n ', 'x'.repeat(4001), 'a\u0000b', '\udc00'])(
    'refuses a body it cannot keep',
    (body) => {
      expect(verdict(mia, sendCommand({ body }))).toBe('INVALID_INPUT body')
    },
  )

  test('stores the body trimmed, and counts characters, not their UTF-16 units', () => {
    expect(events(mia, sendCommand({ body: '\n hi there ' }))).toMatchObject([
      { message: { body: 'hi there' } },
    ])
    expect(verdict(mia, sendCommand({ body: ` ${'🦜'.repeat(4000)} ` }))).toBe('ACCEPTED')
    expect(verdict(mia, sendCommand({ body: '🦜'.repeat(4001) }))).toBe('INVALID_INPUT body')
  })

  test.each(['', 'x'.repeat(129), 'a\u0000b'])('refuses the clientMessageId %j', (clientMessageId) => {
    expect(verdict(mia, sendCommand({ clientMessageId }))).toBe('INVALID_INPUT clientMessageId')
  })

  test.each(['x', 'x'.repeat(128)])('takes the clientMessageId %j', (clientMessageId) => {
    expect(events(mia, sendCommand({ clientMessageId }))).toMatchObject([{ clientMessageId }])
  })

  test('mentions each user once, in the order of first mention', () => {
    const mentions = [max.person, olga.person, max.person]
    expect(events(mia, sendCommand({ mentions }))).toMatchObject([
      { message: { mentions: [max.person, olga.person] } },
    ])
  })

  test('mentions 50 users at most', () => {
    const people = Array.from({ length: 51 }, (_, index) => person(`${index}`))
    expect(verdict(mia, sendCommand({ mentions: people }))).toBe('INVALID_INPUT mentions')
    const fifty = people.slice(1)
    expect(verdict(mia, sendCommand({ mentions: [...fifty, ...fifty] }))).toBe('ACCEPTED')
  })

  test('replies to a message of the same room only', () => {
    const reply = sendCommand({ replyToId: standing.id })
    expect(verdict(mia, reply)).toBe('ACCEPTED')
    expect(verdict(mia, reply, { messages: holding(deleted) })).toBe('ACCEPTED')
    expect(verdict(mia, reply, { messages: holding() })).toBe('INVALID_INPUT replyToId')
    expect(verdict(mia, reply, { messages: holding(elsewhere) })).toBe('INVALID_INPUT replyToId')
  })
})

describe('sending under a clientMessageId that was used before', () => {
  const sent = { message: standing, fingerprint: 'f-1' }

  test('with the same input answers with the first message and makes none', () => {
    expect(decide(mia, sendCommand(), { sent })).toEqual({
      kind: 'accepted',
      events: [],
      reply: { messageId: standing.id },
    })
  })

  test('with another input is refused', () => {
    const command = sendCommand({ fingerprint: 'f-2' })
    expect(verdict(mia, command, { sent })).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('answers the same after a mute, after leaving and after the end', () => {
    for (const room of [withMuted(), withoutMia, ended]) {
      expect(events(mia, sendCommand(), { sent, room })).toEqual([])
    }
  })

  test('answers the same after the message was deleted', () => {
    expect(events(mia, sendCommand(), { sent: { ...sent, message: deleted } })).toEqual([])
  })
})

describe('editing', () => {
  test('changes the body and notes when', () => {
    expect(events(mia, editCommand(' hello again '))).toEqual([
      { type: 'MessageEdited', message: { ...standing, body: 'hello again', editedAt: NOW } },
    ])
    expect(decide(mia, editCommand())).toMatchObject({ reply: { messageId: standing.id } })
  })

  test('is for the author alone', () => {
    for (const actor of [olga, molly, admin, service, tokenModerator, max]) {
      expect(verdict(actor, editCommand())).toBe('NOT_AUTHOR')
    }
  })

  test('of a message that is not in this room finds none', () => {
    expect(verdict(mia, editCommand(), { messages: holding() })).toBe('NOT_FOUND messageId')
    expect(verdict(mia, editCommand(), { messages: holding(elsewhere) })).toBe('NOT_FOUND messageId')
  })

  test('of a deleted message is refused', () => {
    expect(verdict(mia, editCommand(), { messages: holding(deleted) })).toBe('INVALID_TRANSITION')
  })

  test('to the same body makes no event, whatever has come between', () => {
    for (const room of [roomWith(), withMuted(), withoutMia, ended]) {
      expect(events(mia, editCommand(' hello '), { room })).toEqual([])
    }
  })

  test('needs what sending needs', () => {
    expect(verdict(mia, editCommand(), { room: withoutMia })).toBe('NOT_A_MEMBER')
    expect(verdict(mia, editCommand(), { room: withMuted() })).toBe('MUTED')
    expect(verdict(mia, editCommand(), { room: ended })).toBe('INVALID_TRANSITION')
  })

  test('needs no membership of an administrator', () => {
    const messages = holding({ ...standing, author: admin.person })
    expect(verdict(admin, editCommand(), { messages })).toBe('ACCEPTED')
  })

  test.each(['', ' ', '\u200b', '\u2060\u00ad', '\u2800', 'x'.repeat(4001)])(
    'refuses a body it cannot keep',
    (body) => {
      expect(verdict(mia, editCommand(body))).toBe('INVALID_INPUT body')
    },
  )
})

describe('deleting', () => {
  test('takes body and mentions away and keeps the place', () => {
    expect(events(mia, deleteCommand)).toEqual([
      { type: 'MessageDeleted', message: { ...standing, body: null, mentions: [], deletedAt: NOW } },
    ])
    expect(decide(mia, deleteCommand)).toMatchObject({ reply: { messageId: standing.id } })
  })

  test('is allowed for the author and for moderators of the room', () => {
    for (const actor of [mia, olga, molly, admin, tokenModerator]) {
      expect(verdict(actor, deleteCommand)).toBe('ACCEPTED')
    }
    for (const actor of [max, service, stranger]) expect(verdict(actor, deleteCommand)).toBe('NOT_AUTHOR')
  })

  test('is open to an author who is muted or has left', () => {
    for (const room of [withMuted(), withoutMia])
      expect(verdict(mia, deleteCommand, { room })).toBe('ACCEPTED')
  })

  test('of a message that is not in this room finds none', () => {
    expect(verdict(mia, deleteCommand, { messages: holding() })).toBe('NOT_FOUND messageId')
    expect(verdict(olga, deleteCommand, { messages: holding(elsewhere) })).toBe('NOT_FOUND messageId')
  })

  test('twice makes one event, also after the end', () => {
    for (const room of [roomWith(), ended]) {
      expect(events(mia, deleteCommand, { messages: holding(deleted), room })).toEqual([])
    }
    expect(verdict(max, deleteCommand, { messages: holding(deleted) })).toBe('NOT_AUTHOR')
  })

  test('after the end is for those who moderate the room', () => {
    expect(verdict(mia, deleteCommand, { room: ended })).toBe('INVALID_TRANSITION')
    for (const actor of [olga, molly, admin, tokenModerator]) {
      expect(verdict(actor, deleteCommand, { room: ended })).toBe('ACCEPTED')
    }
  })
})

describe('folding events', () => {
  test('holds each message as it is after its last event', () => {
    const [sent] = events(mia, sendCommand())
    if (sent === undefined) throw new Error('nothing was sent')
    const messages = evolveMessages(holding(standing), sent)
    expect([...messages.keys()]).toEqual([standing.id, sent.message.id])

    const [gone] = events(mia, { kind: 'delete', id: sent.message.id }, { messages })
    if (gone === undefined) throw new Error('nothing was deleted')
    expect(evolveMessages(messages, gone).get(sent.message.id)).toEqual({
      ...sent.message,
      body: null,
      deletedAt: NOW,
    })
    expect(messages.get(sent.message.id)).toBe(sent.message)
  })
})
