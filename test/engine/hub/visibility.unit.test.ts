import { describe, expect, test } from 'vitest'
import type { Source, VisibilityChange } from '../../../src/engine/hub/source.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { FAR_FUTURE, instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

const viewer = (id: string): Viewer => {
  const user = { id: asUserId(id), name: id }
  return { user, roles: new Set(['USER']), expiresAt: FAR_FUTURE, issuedAt: null }
}

/** A topic whose own entries change the visibility of whomever `change` says. */
function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const visibility = { change: undefined as VisibilityChange, changedAt: -1, asked: [] as number[] }
  const source: Source = {
    ...sourceOf(history),
    isSnapshotShared: false,
    sees: () => true,
    visibility: {
      topics: async () => [TOPIC],
      changedBy: () => visibility.change,
      changedSince: async (_topic, _viewer, since) => {
        visibility.asked.push(since)
        return since <= visibility.changedAt
      },
    },
  }
  return {
    visibility,
    trim: (offset: number) => history.trim(asOffset(offset)),
    open: (id: string, after: string | null = null) =>
      openReader(hub, source, after, id, undefined, viewer(id)),
    async write() {
      bus.deliver(history.append(1))
      await settled()
    },
  }
}

const resets = ({ received }: TestReader) =>
  received.flatMap((each) => (each.kind === 'snapshot' && each.reset ? [each.offset] : []))

describe('a change of who sees a topic', () => {
  test('gives the user that it concerns a snapshot with reset, and no other', async () => {
    const { visibility, open, write } = given()
    const [ann, bob] = [open('ann'), open('bob')]
    await settled()
    visibility.change = { kind: 'user', userId: asUserId('ann') }
    await write()
    visibility.change = undefined
    await write()
    expect(resets(ann)).toEqual([1])
    expect(ann.received.at(-1)).toEqual({ kind: 'entry', offset: 2 })
    expect(resets(bob)).toEqual([])
  })

  test('gives everybody one where it concerns everybody', async () => {
    const { visibility, open, write } = given()
    const readers = [open('ann'), open('bob')]
    await settled()
    visibility.change = { kind: 'everybody' }
    await write()
    expect(readers.map(resets)).toEqual([[1], [1]])
  })

  test('also reaches a reader who is catching up', async () => {
    const { visibility, open, write } = given()
    open('bob')
    for (let count = 0; count < 3; count += 1) await write()
    const ann = open(
      'ann',
      encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(0), seenAt: instant(0) }),
    )
    ann.hold()
    await settled()
    visibility.change = { kind: 'user', userId: asUserId('ann') }
    await write()
    ann.release()
    await settled()
    expect(resets(ann)).toEqual([4])
  })
})

describe('a reader who resumes', () => {
  const at = (offset: number, seenAt?: number) =>
    encodeCursor(TOPIC, {
      ...{ epoch: asEpoch(1), offset: asOffset(offset) },
      seenAt: seenAt === undefined ? undefined : instant(seenAt),
    })

  test('gets a snapshot with reset where what they see has changed since the entry of their cursor', async () => {
    const { visibility, open, write } = given()
    for (let count = 0; count < 3; count += 1) await write()
    visibility.changedAt = 2
    const [before, after] = [open('ann', at(2)), open('bob', at(3))]
    await settled()
    expect(visibility.asked).toEqual([2, 3])
    expect([resets(before), resets(after)]).toEqual([[3], []])
  })

  test('of a snapshot by the moment that it shows, and of an entry that is forgotten always', async () => {
    const { visibility, open, write, trim } = given()
    for (let count = 0; count < 3; count += 1) await write()
    trim(2)
    visibility.changedAt = 5
    const [old, recent, forgotten] = [open('ann', at(3, 4)), open('bob', at(3, 6)), open('eve', at(2))]
    await settled()
    expect([old, recent, forgotten].map(resets)).toEqual([[3], [], [3]])
  })

  test('has a cursor of their own moment after a snapshot', async () => {
    const { open, write } = given()
    await write()
    const ann = open('ann')
    await settled()
    expect(ann.cursor).toBe(at(1, 0))
  })
})
