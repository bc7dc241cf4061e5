import { describe, expect, test, vi } from 'vitest'
import { RostrumError } from '../src/error.ts'
import type { OperationResult } from '../src/operation.ts'
import { isPassing, keepSubscribed, type Open } from '../src/subscription.ts'

type Data = Record<string, unknown>

/** A server that a test speaks for: every time that it is asked, and what it may answer. */
function standIn() {
  const asked: {
    readonly variables: Data
    readonly next: (result: OperationResult<Data>) => void
    readonly error: (error: RostrumError) => void
    isLeft: boolean
  }[] = []
  const open: Open = ({ variables }, sink) => {
    const request = {
      variables: { ...variables },
      next: (result: OperationResult<Data>) => Reflect.apply(sink.next, sink, [result]),
      error: (error: RostrumError) => sink.error(error),
      isLeft: false,
    }
    asked.push(request)
    return () => {
      request.isLeft = true
    }
  }
  return { asked, open }
}

const refusal = (code: string, extensions: Data = {}): RostrumError =>
  new RostrumError(code, code, { errors: [{ message: code, extensions: { code, ...extensions } }] })

const entry = (offset: number, more: Data = {}) => ({
  data: { bids: { cursor: `c${offset}`, offset, at: '2026-01-01T00:00:00Z', ...more } },
})

function subscribe() {
  const server = standIn()
  const [next, error, complete, backoff, onEntry] = [vi.fn(), vi.fn(), vi.fn(), vi.fn(() => 1), vi.fn()]
  const stop = keepSubscribed(
    { query: 'subscription ($id: ID!) { bids(auctionId: $id) { __typename } }', variables: { id: 'a' } },
    { next, error, complete },
    { open: server.open, backoff, isPassing, onEntry },
  )
  return { ...server, next, error, complete, backoff, onEntry, stop }
}

describe('A subscription that the server cannot serve at the moment', () => {
  test('is asked for again, from where it was', async () => {
    const { asked, next, error } = subscribe()
    asked[0]?.next(entry(7))
    asked[0]?.error(refusal('UNAVAILABLE'))
    await vi.waitFor(() => expect(asked).toHaveLength(2))

    expect(asked[1]?.variables).toEqual({ id: 'a', after: 'c7' })
    asked[1]?.next(entry(8))
    expect(next).toHaveBeenCalledTimes(2)
    expect(error).not.toHaveBeenCalled()
  })

  test('waits later and later, and from the beginning after a success', async () => {
    const { asked, backoff } = subscribe()
    asked[0]?.error(refusal('UNAVAILABLE'))
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    asked[1]?.error(refusal('UNAVAILABLE'))
    await vi.waitFor(() => expect(asked).toHaveLength(3))
    asked[2]?.next(entry(1))
    asked[2]?.error(refusal('UNAVAILABLE'))
    await vi.waitFor(() => expect(asked).toHaveLength(4))

    expect(backoff.mock.calls).toEqual([[0], [1], [0]])
  })

  test.each(['RATE_LIMITED', 'OVERLOADED', 'INTERNAL_SERVER_ERROR'])(
    'waits as long as the server says with %s',
    async (code) => {
      vi.useFakeTimers()
      try {
        const { asked } = subscribe()
        asked[0]?.error(refusal(code, { retryAfterMs: 5_000 }))
        await vi.advanceTimersByTimeAsync(4_999)
        expect(asked).toHaveLength(1)
        await vi.advanceTimersByTimeAsync(1)
        expect(asked).toHaveLength(2)
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test('is not asked for again by who has left', async () => {
    const { asked, stop, complete } = subscribe()
    asked[0]?.error(refusal('UNAVAILABLE'))
    stop()
    await vi.waitFor(() => expect(complete).toHaveBeenCalled())
    expect(asked).toHaveLength(1)
  })
})

describe('A subscription to a history that a newer server has', () => {
  test('is asked for again from its last cursor: nothing between is lost', async () => {
    const server = standIn()
    const next = vi.fn()
    const query = `subscription ($after: Cursor) { polls(after: $after) { __typename ... on Event { cursor offset } } }`
    keepSubscribed(
      { query },
      { next, error: vi.fn(), complete: vi.fn() },
      { open: server.open, backoff: () => 1, isPassing, onEntry: vi.fn() },
    )
    const [first] = server.asked
    first?.next({ data: { polls: { __typename: 'PollSnapshot', cursor: 's3', offset: 3 } } })
    first?.next({ data: { polls: { __typename: 'Vote', cursor: 'c4', offset: 4 } } })
    first?.error(refusal('UNAVAILABLE'))
    await vi.waitFor(() => expect(server.asked).toHaveLength(2))
    expect(server.asked[1]?.variables).toEqual({ after: 'c4' })
    expect(next).toHaveBeenCalledTimes(2)
  })
})

describe('A subscription whose cursor the server does not know any more', () => {
  test('starts over, and hands the snapshot as a reset', async () => {
    const { asked, next } = subscribe()
    asked[0]?.next(entry(7))
    asked[0]?.error(refusal('CURSOR_INVALID'))
    await vi.waitFor(() => expect(asked).toHaveLength(2))

    expect(asked[1]?.variables).toEqual({ id: 'a', after: null })
    asked[1]?.next(entry(2, { reset: false }))
    expect(next.mock.lastCall).toEqual([entry(2, { reset: true })])
  })

  test('ends where the cursor was the caller’s own', () => {
    const { asked, error } = subscribe()
    asked[0]?.error(refusal('CURSOR_INVALID'))
    expect(error).toHaveBeenCalledOnce()
    expect(asked).toHaveLength(1)
  })
})

describe('A subscription that the server refuses', () => {
  test.each(['FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED', 'INTERNAL_SERVER_ERROR'])('for %s ends', (code) => {
    const { asked, error } = subscribe()
    asked[0]?.error(refusal(code))
    expect(error.mock.lastCall?.[0]).toMatchObject({ code })
    expect(asked).toHaveLength(1)
  })
})

describe('The time of entries', () => {
  test('is told, of snapshots not, of repeats not', () => {
    const { asked, onEntry } = subscribe()
    asked[0]?.next(entry(1, { reset: false }))
    asked[0]?.next(entry(2))
    asked[0]?.next(entry(2))
    expect(onEntry).toHaveBeenCalledExactlyOnceWith(Date.parse('2026-01-01T00:00:00Z'))
  })
})
