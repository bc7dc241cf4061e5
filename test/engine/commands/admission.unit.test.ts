import { describe, expect, test } from 'vitest'
import { createAdmission } from '../../../src/engine/commands/admission.ts'

const LIMITS = { targetMs: 50, atLeast: 10, burst: 100 }

/** A backlog by a clock of its own, and a server that takes `batch` commands each `everyMs`. */
function given() {
  let time = 0
  const admission = createAdmission({ ...LIMITS, now: () => time })
  const offer = (count: number, origin: 'user' | 'service' | 'system' = 'user'): number => {
    let accepted = 0
    for (let index = 0; index < count; index += 1) {
      if (admission.refusal(origin) > 0) continue
      admission.enter(origin)
      accepted += 1
    }
    return accepted
  }
  const serve = (batch: number, everyMs: number, rounds: number, offered = 0): void => {
    for (let round = 0; round < rounds; round += 1) {
      offer(offered)
      time += everyMs
      const count = Math.min(batch, admission.waiting())
      admission.take(Array.from({ length: count }, () => 'user' as const))
    }
  }
  const pass = (ms: number): void => {
    time += ms
  }
  return { admission, offer, serve, pass }
}

describe('the backlog of commands', () => {
  test('takes a burst out of calm, and not one that is larger', () => {
    const { offer } = given()
    expect(offer(250)).toBe(100)
  })

  test('holds what is worked off within its target, once the rate is known', () => {
    const { admission, offer, serve } = given()
    // 20 commands in 10 ms are 100 in the target of 50 ms; three times as many are offered.
    serve(20, 10, 200, 60)
    offer(1_000)
    expect(admission.waiting()).toBeGreaterThan(90)
    expect(admission.waiting()).toBeLessThan(110)
  })

  test('holds a batch, however slow the database is', () => {
    const { admission, offer, serve } = given()
    serve(2, 100, 200, 30)
    offer(1_000)
    expect(admission.waiting()).toBe(10)
  })

  test('takes a burst above that from a server that keeps up, and no second one while it is overloaded', () => {
    const { admission, offer, serve, pass } = given()
    // Twelve in the target of 50 ms, and all that is offered is worked off.
    serve(30, 10, 20, 32)
    serve(30, 10, 20, 10)
    expect(offer(60)).toBe(60)
    serve(5, 50, 40, 30)
    expect(admission.waiting()).toBeLessThan(40)
    pass(2_000)
    serve(100, 1, 1)
    expect(offer(60)).toBe(60)
  })

  test('keeps the server at work: at three times the load it never runs out', () => {
    const { admission, serve } = given()
    serve(20, 10, 20, 60)
    for (let round = 0; round < 100; round += 1) {
      serve(20, 10, 1, 60)
      expect(admission.waiting()).toBeGreaterThanOrEqual(20)
    }
  })

  test('forgets the rate of a load that is long over', () => {
    const { admission, offer, serve, pass } = given()
    serve(2, 100, 50, 30)
    serve(100, 1, 1)
    pass(11_000)
    expect(admission.waiting()).toBe(0)
    expect(offer(250)).toBe(100)
  })

  test('refuses services only for what services wait for, and the server itself never', () => {
    const { offer } = given()
    expect(offer(250)).toBe(100)
    expect(offer(250, 'service')).toBe(100)
    expect(offer(250, 'system')).toBe(250)
  })

  test('says when to come again: the later the slower, within bounds', () => {
    const slow = given()
    slow.serve(2, 100, 50, 30)
    slow.offer(100)
    expect(slow.admission.refusal('user')).toBeGreaterThanOrEqual(1_000)
    const quick = given()
    quick.offer(100)
    expect(quick.admission.refusal('user')).toBeGreaterThanOrEqual(250)
    expect(quick.admission.refusal('user')).toBeLessThanOrEqual(500)
  })
})
