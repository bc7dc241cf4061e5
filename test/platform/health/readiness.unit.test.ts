import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { createPartHealth } from '../../../src/platform/health/part-health.ts'
import { createReadiness } from '../../../src/platform/health/readiness.ts'
import type { BusStatus } from '../../../src/pubsub/bus.ts'

const AT = instant(1_000)

function given() {
  const facts = {
    silentMs: 0,
    isAnswering: true,
    bus: { kind: 'up', lastProbeAt: AT } as BusStatus,
    database: undefined as { since: typeof AT; message: string } | undefined,
  }
  const [presence, limits] = [createPartHealth(), createPartHealth()]
  const readiness = createReadiness({
    database: { problem: () => facts.database, close() {} },
    activity: { silentMs: () => facts.silentMs, commandsAnsweredWithin: () => facts.isAnswering },
    bus: { status: () => facts.bus },
    ...{ presence, limits },
  })
  return { facts, presence, limits, readiness }
}

describe('a node', () => {
  test('is ready without Redis, and reports what is degraded', () => {
    const { facts, presence, limits, readiness } = given()
    facts.bus = { kind: 'down', since: AT, message: 'away' }
    presence.report('full')
    limits.report('read-only')
    expect(readiness.problems()).toEqual([])
    expect(readiness.warnings()).toMatchObject([
      { part: 'bus', since: AT, message: 'away' },
      { part: 'presence', message: 'full' },
      { part: 'limits', message: 'read-only' },
    ])
  })

  test('is not ready while the database is not', () => {
    const { facts, readiness } = given()
    facts.database = { since: AT, message: 'It accepts no writes.' }
    expect(readiness.problems()).toEqual([{ part: 'database', since: AT, message: 'It accepts no writes.' }])
  })

  test('is not ready while commands are stuck, though a new connection works', () => {
    const { facts, readiness } = given()
    facts.silentMs = 8_000
    facts.isAnswering = false
    expect(readiness.problems()).toMatchObject([
      { part: 'database', message: expect.stringContaining('8 s') },
    ])
    facts.silentMs = 11_000
    facts.isAnswering = true
    expect(readiness.problems()).toMatchObject([{ part: 'database' }])
  })

  test('is ready while one command waits for a lock and others are answered', () => {
    const { facts, readiness } = given()
    facts.silentMs = 9_000
    expect(readiness.problems()).toEqual([])
  })

  test('is not ready while it drains', () => {
    const { readiness } = given()
    readiness.startDraining()
    expect(readiness.problems()).toMatchObject([{ part: 'draining' }])
  })
})

describe('the health of a component', () => {
  test('is reported when it changes, not at each attempt', () => {
    const changes: (string | null)[] = []
    const health = createPartHealth((problem) => changes.push(problem))
    health.report(null)
    health.report('away')
    const { since } = health.degradation() ?? {}
    health.report('still away')
    expect(health.degradation()).toEqual({ since, message: 'still away' })
    health.report(null)
    health.report(null)
    expect(health.degradation()).toBeUndefined()
    expect(changes).toEqual(['away', null])
  })
})
