import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Cancel, createDeadlines } from '../../../src/engine/kernel/deadlines.ts'
import { type Instant, instant, later } from '../../../src/engine/kernel/instant.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

const now = (): Instant => instant(Date.now())
const DAY_MS = 24 * 60 * 60 * 1000

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('A deadline', () => {
  test('fires when its time has come, once', () => {
    const fire = vi.fn()
    createDeadlines(now).arm(later(now(), 100), fire)
    vi.advanceTimersByTime(99)
    expect(fire).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(1000)
    expect(fire).toHaveBeenCalledOnce()
  })

  test('that has passed fires soon, but not within the call', () => {
    const fire = vi.fn()
    createDeadlines(now).arm(later(now(), -5000), fire)
    expect(fire).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
  })

  test('beyond 2^31 ms fires then, not at once', () => {
    const fire = vi.fn()
    createDeadlines(now).arm(later(now(), 30 * DAY_MS), fire)
    vi.advanceTimersByTime(30 * DAY_MS - 1)
    expect(fire).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
  })

  test('does not fire early though the timer does', () => {
    const start = now()
    let clock = start
    const fire = vi.fn()
    createDeadlines(() => clock).arm(later(start, 10), fire)
    clock = later(start, 9)
    vi.advanceTimersByTime(10)
    expect(fire).not.toHaveBeenCalled()
    clock = later(start, 10)
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
  })

  test('fires within a minute after the clock was set forward', () => {
    const fire = vi.fn()
    createDeadlines(now).arm(later(now(), DAY_MS), fire)
    vi.setSystemTime(Date.now() + DAY_MS)
    vi.advanceTimersByTime(60_000)
    expect(fire).toHaveBeenCalledOnce()
  })

  test('does not fire once cancelled, by another of the same turn too', () => {
    const deadlines = createDeadlines(now)
    const fire = vi.fn()
    const at = later(now(), 10)
    const cancels: Cancel[] = []
    deadlines.arm(at, () => cancels[0]?.())
    cancels.push(deadlines.arm(at, fire))
    vi.advanceTimersByTime(10)
    expect(fire).not.toHaveBeenCalled()
  })

  test('may arm others, which wait for their own turn', () => {
    const deadlines = createDeadlines(now)
    let fired = 0
    const again = (): void => {
      fired++
      deadlines.arm(now(), again)
    }
    deadlines.arm(now(), again)
    vi.advanceTimersByTime(3)
    expect(fired).toBe(3)
  })

  test('that throws harms no other', () => {
    const faults: unknown[] = []
    const deadlines = createDeadlines(now, (fault) => faults.push(fault))
    const fault = new Error('broken')
    const fire = vi.fn()
    const at = later(now(), 10)
    deadlines.arm(at, () => {
      throw fault
    })
    deadlines.arm(at, fire)
    deadlines.arm(later(at, 10), fire)
    vi.advanceTimersByTime(20)
    expect(fire).toHaveBeenCalledTimes(2)
    expect(faults).toEqual([fault])
  })
})

describe('Many deadlines', () => {
  test('share one timer, and none is left when all are cancelled', () => {
    const deadlines = createDeadlines(now)
    const cancels = Array.from({ length: 1000 }, (_, i) => deadlines.arm(later(now(), 1000 + i), () => {}))
    expect(vi.getTimerCount()).toBe(1)
    for (const cancel of cancels) cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are all disarmed by clear, those of the running turn too', () => {
    const deadlines = createDeadlines(now)
    const fire = vi.fn()
    deadlines.arm(later(now(), 10), deadlines.clear)
    deadlines.arm(later(now(), 10), fire)
    deadlines.arm(later(now(), 20), fire)
    vi.advanceTimersByTime(100)
    expect(fire).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('stay in order when many are cancelled among many', PATIENTLY, () => {
    const delays = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 20, maxLength: 100, size: 'max' })
    const chosen = fc.array(fc.nat(99), { maxLength: 30, size: 'max' })
    fc.assert(
      fc.property(delays, chosen, (armed, cancelled) => {
        const deadlines = createDeadlines(now)
        const start = now()
        const fired: number[] = []
        const cancels = armed.map((ms) => deadlines.arm(later(start, ms), () => fired.push(now() - start)))
        for (const index of cancelled) cancels[index]?.()
        vi.advanceTimersByTime(1000)
        const left = armed.filter((_, index) => !cancelled.includes(index))
        expect(fired).toEqual(left.sort((a, b) => a - b))
      }),
      runs(100),
    )
  })

  test('keep firing while past ones keep coming', () => {
    const deadlines = createDeadlines(now)
    const fire = vi.fn()
    deadlines.arm(now(), fire)
    vi.advanceTimersByTime(0)
    for (let i = 0; i < 10; i++) deadlines.arm(later(now(), -i), fire)
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledTimes(11)
  })

  test('fire as a naive list of them would', PATIENTLY, () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('arm' as const), ms: fc.integer({ min: -20, max: 200 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('arm' as const), ms: fc.integer({ min: 0, max: 300_000 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), ms: fc.nat(50) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 100 }) }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const deadlines = createDeadlines(now)
        const armed: { readonly at: number; readonly wakesAt: number; readonly cancel: Cancel }[] = []
        const cancelled = new Set<number>()
        const fired: string[] = []
        for (const { kind, ms } of steps) {
          if (kind === 'pass') vi.advanceTimersByTime(ms)
          else if (kind === 'arm') {
            const id = armed.length
            const at = later(now(), ms)
            const cancel = deadlines.arm(at, () => fired.push(`${id} at ${now()}`))
            armed.push({ at, wakesAt: Math.max(at, now() + 1), cancel })
          } else {
            const chosen = armed[ms]
            if (chosen === undefined) continue
            chosen.cancel()
            if (now() < chosen.wakesAt) cancelled.add(ms)
          }
        }
        vi.advanceTimersByTime(400_000)
        const expected = armed
          .map(({ at, wakesAt }, id) => ({ at, wakesAt, id }))
          .filter(({ id }) => !cancelled.has(id))
          .sort((a, b) => a.wakesAt - b.wakesAt || a.at - b.at || a.id - b.id)
          .map(({ id, wakesAt }) => `${id} at ${wakesAt}`)
        expect(fired).toEqual(expected)
        expect(vi.getTimerCount()).toBe(0)
      }),
      runs(100),
    )
  })
})

describe('fireDue', () => {
  test('fires at once what is due, once, and nothing that is not', () => {
    const start = now()
    let clock = start
    const deadlines = createDeadlines(() => clock)
    const due = vi.fn()
    const notDue = vi.fn()
    deadlines.arm(later(start, 100), due)
    deadlines.arm(later(start, 300), notDue)
    deadlines.fireDue()
    expect(due).not.toHaveBeenCalled()
    clock = later(start, 200)
    deadlines.fireDue()
    deadlines.fireDue()
    vi.advanceTimersByTime(150)

    expect(due).toHaveBeenCalledOnce()
    expect(notDue).not.toHaveBeenCalled()
    clock = later(start, 300)
    vi.advanceTimersByTime(150)
    expect(notDue).toHaveBeenCalledOnce()
  })
})
