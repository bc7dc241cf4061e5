import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { beginTopics } from '../../src/engine/history/begin-topics.ts'
import { topics } from '../../src/engine/history/tables.ts'
import { asUserId } from '../../src/engine/kernel/id.ts'
import { instant } from '../../src/engine/kernel/instant.ts'
import { asOffset } from '../../src/engine/kernel/position.ts'
import { asMessageId } from '../../src/features/messages/ids.ts'
import { readUnread } from '../../src/features/messages/reads/receipts.ts'
import { messages } from '../../src/features/messages/tables.ts'
import { messagesTopic } from '../../src/features/messages/topics.ts'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { members, rooms } from '../../src/features/rooms/tables.ts'
import { roomTopic } from '../../src/features/rooms/topics.ts'
import { PATIENTLY, runs } from '../support/runs.ts'
import { createFixture, type Fixture, viewer } from './fixtures.ts'

const BEFORE = instant(Date.UTC(2026, 0, 1))
const ROOM = asRoomId('room_1')
const HEAD = asOffset(100)

interface Told {
  readonly author: number
  readonly isDeleted: boolean
}

/** The messages of a room, written as they would be read: each author is a number. Null: an entry that is no message. */
async function writeMessages(
  { services }: Fixture,
  room: string,
  told: readonly (Told | null)[],
): Promise<void> {
  const rows = told.flatMap((message, index) =>
    message === null
      ? []
      : {
          id: asMessageId(`msg_${room}_${index}`),
          roomId: asRoomId(room),
          offset: asOffset(index + 1),
          authorId: asUserId(`user ${message.author}`),
          authorName: 'Somebody',
          clientMessageId: `${index}`,
          fingerprint: '',
          body: message.isDeleted ? null : 'Hello',
          mentions: [],
          sentAt: BEFORE,
          deletedAt: message.isDeleted ? BEFORE : null,
        },
  )
  if (rows.length > 0) await services.database.insert(messages).values(rows)
}

/** A room of a hundred messages and that many members, who have read as far as their number goes. */
async function roomOf(all: Fixture, memberCount: number): Promise<void> {
  const { database } = all.services
  await beginTopics(database, [roomTopic(ROOM), messagesTopic(ROOM)])
  await database
    .update(topics)
    .set({ head: HEAD })
    .where(eq(topics.topic, messagesTopic(ROOM)))
  const settings = { kind: 'CHAT', visibility: 'PUBLIC', phase: 'LIVE' } as const
  const rest = { createdAt: BEFORE, memberCount, ranking: 'STANDARD', disclosure: 'OWN' } as const
  await database.insert(rooms).values({ id: ROOM, name: 'A room', ...settings, ...rest })
  await database.insert(members).values(
    Array.from({ length: memberCount }, (_, index) => ({
      roomId: ROOM,
      userId: asUserId(`user ${index}`),
      userName: 'Somebody',
      status: 'member' as const,
      role: 'MEMBER' as const,
      joinedAt: BEFORE,
      deliveredThrough: asOffset(index),
      readThrough: asOffset(index),
    })),
  )
}

const told = fc.option(
  fc.record({
    author: fc.nat({ max: 3 }),
    isDeleted: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
)
const asked = fc.record({
  room: fc.nat({ max: 2 }),
  user: fc.nat({ max: 4 }),
  readThrough: fc.nat({ max: 42 }),
})

describe('what members have not read', PATIENTLY, () => {
  test('is counted for many in many rooms at once as it is one by one', async () => {
    const all = await createFixture()
    let round = 0
    const histories = fc.array(fc.array(told, { maxLength: 40, size: 'max' }), { minLength: 3, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(asked, { size: 'max', maxLength: 30 }),
        async (written, questions) => {
          round += 1
          const named = written.map((_, index) => `room_${round}_${index}`)
          for (const [index, room] of named.entries()) await writeMessages(all, room, written[index] ?? [])
          const naive = questions.map(
            ({ room, user, readThrough }) =>
              (written[room] ?? []).filter(
                (message, index) =>
                  index + 1 > readThrough &&
                  message !== null &&
                  !message.isDeleted &&
                  message.author !== user,
              ).length,
          )
          const found = await readUnread(
            all.services.database,
            questions.map(({ room, user, readThrough }) => ({
              roomId: asRoomId(named[room] ?? ''),
              userId: asUserId(`user ${user}`),
              readThrough: asOffset(readThrough),
            })),
          )
          expect(found).toEqual(naive)
        },
      ),
      runs(60),
    )
  })
})

describe('a page', () => {
  const messagesWith = (fields: string) =>
    `{ room(id: "${ROOM}") { messages(last: 100) { edges { node { offset ${fields} } } } } }`
  const membersWith = (fields: string) =>
    `{ room(id: "${ROOM}") { members(first: 100) { edges { node { user { id } ${fields} } } } } }`

  /** How many statements it takes to answer. */
  async function statementsFor(all: Fixture, text: string): Promise<number> {
    const { database } = all.services
    const spies = [vi.spyOn(database, 'select'), vi.spyOn(database, 'execute')]
    await all.run(viewer('ann'), text)
    const count = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
    for (const spy of spies) spy.mockRestore()
    return count
  }

  test('of a hundred messages takes one statement for all its receipts', async () => {
    const all = await createFixture()
    await roomOf(all, 200)
    const hundred = Array.from({ length: 100 }, () => ({ author: 0, isDeleted: false }))
    await writeMessages(all, ROOM, hundred)
    const without = await statementsFor(all, messagesWith(''))
    expect(await statementsFor(all, messagesWith('deliveredCount readCount'))).toBe(without + 1)
    const shown = await all.run(viewer('ann'), messagesWith('deliveredCount readCount'))
    const counts = hundred.map((_, index) => ({
      offset: index + 1,
      deliveredCount: 199 - index,
      readCount: 199 - index,
    }))
    expect(shown).toEqual({ room: { messages: { edges: counts.map((node) => ({ node })) } } })
  })

  test('of a hundred members takes one statement for all that they have not read', async () => {
    const all = await createFixture()
    await roomOf(all, 100)
    const hundred = Array.from({ length: 100 }, () => ({ author: 500, isDeleted: false }))
    await writeMessages(all, ROOM, hundred)
    const without = await statementsFor(all, membersWith(''))
    expect(await statementsFor(all, membersWith('deliveredThrough readThrough'))).toBe(without)
    expect(await statementsFor(all, membersWith('readThrough unreadCount'))).toBe(without + 1)
    const shown = await all.run(viewer('ann'), membersWith('readThrough unreadCount'))
    const nodes = Array.from({ length: 100 }, (_, index) => index)
      .map((index) => ({ user: { id: `user ${index}` }, readThrough: index, unreadCount: 100 - index }))
      .sort((a, b) => (a.user.id < b.user.id ? -1 : 1))
    expect(shown).toEqual({ room: { members: { edges: nodes.map((node) => ({ node })) } } })
  })
})
