import { describe, expect, test } from 'vitest'
import { Progress } from '../src/progress.ts'

const AT = '2026-01-01T00:00:00.000Z'
const begin = (variables: Readonly<Record<string, unknown>> = {}): Progress =>
  new Progress({ key: 'bids', variable: 'after', initial: undefined }, variables)
const entry = (offset: number) => ({ bids: { cursor: `c${offset}`, offset, at: AT } })
const snapshot = (offset: number, reset = false) => ({
  bids: { cursor: `s${offset}`, offset, at: AT, reset },
})

describe('The progress of a subscription', () => {
  test('begins where the caller says, and else at a snapshot', () => {
    expect(begin().variables).toEqual({ after: null })
    expect(begin({ after: 'c5', id: 'a' }).variables).toEqual({ after: 'c5', id: 'a' })
  })

  test('goes along with every entry', () => {
    const progress = begin()
    progress.take(snapshot(3))
    expect(progress.variables['after']).toBe('s3')
    progress.take(entry(4))
    expect(progress.variables['after']).toBe('c4')
  })

  test('tells repeats, also of a connection that was given up, from what is new', () => {
    const progress = begin()
    progress.take(snapshot(3))
    progress.take(entry(4))
    expect(progress.take(entry(4)).kind).toBe('repeat')
    expect(progress.take(entry(3)).kind).toBe('repeat')
    expect(progress.take(entry(6)).kind).toBe('entry')
    expect(progress.variables['after']).toBe('c6')
  })

  test('takes a snapshot whatever its offset: another history may begin with it', () => {
    const progress = begin()
    progress.take(entry(90))
    expect(progress.take(snapshot(2, true))).toMatchObject({ kind: 'entry', isSnapshot: true })
    expect(progress.take(entry(3)).kind).toBe('entry')
  })

  test('makes a reset of the snapshot with which it starts over, and of no later one', () => {
    const progress = begin()
    progress.take(entry(4))
    progress.startOver()
    expect(progress.variables).toEqual({ after: null })
    const [first, second] = [snapshot(1), snapshot(2)]
    progress.take(first)
    progress.take(second)
    expect([first.bids.reset, second.bids.reset]).toEqual([true, false])
  })

  test('goes along with entries that have a cursor and no offset', () => {
    const progress = begin()
    for (const cursor of ['c1', 'c2']) {
      expect(progress.take({ bids: { cursor } })).toEqual({ kind: 'entry', isSnapshot: false, at: null })
      expect(progress.variables['after']).toBe(cursor)
    }
    expect(progress.hasBegun).toBe(true)
  })

  test('tells a snapshot by its name where the document does not ask for `reset`', () => {
    const progress = begin()
    progress.take({ bids: { __typename: 'Vote', cursor: 'c9', offset: 9 } })
    const other = { bids: { __typename: 'PollSnapshot', cursor: 's2', offset: 2 } }
    expect(progress.take(other)).toMatchObject({ kind: 'entry', isSnapshot: true })
    const copy = { bids: { __typename: 'LeaderboardSnapshotCreated', cursor: 'c3', offset: 3 } }
    expect(progress.take(copy)).toMatchObject({ kind: 'entry', isSnapshot: false })
  })

  test('leaves alone what is no entry', () => {
    expect(begin().take({ bids: null }).kind).toBe('other')
  })
})
