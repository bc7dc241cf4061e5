import { sql } from 'drizzle-orm'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { type NotificationId, newNotificationId } from '../../../src/features/notifications/ids.ts'
import { notify } from '../../../src/features/notifications/notify.ts'
import { queuePushes } from '../../../src/features/notifications/webhook/delivery-queue.ts'
import { createWebhook, type WebhookOptions } from '../../../src/features/notifications/webhook/webhook.ts'
import { openDatabase } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { type Mood, type Receiver, startReceiver } from './receiver.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

interface Waiting {
  readonly isGivenUp: boolean
  readonly attempts: number
  readonly problem: string | null
}

describe('the webhook', () => {
  let record: OpenDatabase

  beforeAll(async () => {
    record = await openDatabase({ url: await freshDatabase(), directory: '', onConnectionError: () => {} })
  })
  afterAll(() => record.close())

  /** Notifications whose ten seconds have passed. */
  async function given(count: number, userId = 'ann'): Promise<readonly NotificationId[]> {
    const ids = Array.from({ length: count }, newNotificationId)
    await record.database.transaction(async (tx) => {
      const now = instant(Date.now())
      const text = { kind: 'CUSTOM', title: 'Hello', body: 'World', subjectId: null } as const
      const addressed = ids.map((id, index) => {
        const notification = { ...text, id, data: { index }, createdAt: now, readAt: null }
        return { userId: asUserId(userId), notification }
      })
      await notify(tx, addressed, now, [{ onNotify: queuePushes }])
      await tx.execute(sql`
        UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE notification_id = ANY(${sql.param(ids)})`)
    })
    return ids
  }

  async function waiting(ids: readonly NotificationId[]): Promise<readonly Waiting[]> {
    const { rows } = await record.database.execute<Waiting & Record<string, unknown>>(sql`
      SELECT due_at IS NULL AS "isGivenUp", attempts, problem FROM webhook_deliveries
      WHERE notification_id = ANY(${sql.param(ids)})`)
    return rows
  }

  const untilGone = (ids: readonly NotificationId[]): Promise<void> =>
    vi.waitFor(async () => expect(await waiting(ids)).toEqual([]), { timeout: 10_000, interval: 20 })

  async function receiver(mood?: Mood): Promise<Receiver> {
    const started = await startReceiver(mood)
    onTestFinished(() => started[Symbol.asyncDispose]())
    return started
  }

  function webhook(to: Receiver, more: Partial<WebhookOptions> = {}): readonly string[] {
    const failures: string[] = []
    const started = createWebhook({
      database: record.database,
      url: to.url,
      secret: SECRET,
      connected: async () => new Set<UserId>(),
      onFault: (error) => failures.push(String(error)),
      onFailure: (_delivery, problem, isFinal) => failures.push(isFinal ? `finally: ${problem}` : problem),
      ...{ lookEveryMs: 20, answerWithinMs: 500, firstPauseMs: 50 },
      ...more,
    })
    onTestFinished(() => started.close())
    return failures
  }

  test('gets each notification once, signed as the specification says', async () => {
    const to = await receiver()
    const ids = await given(40)
    webhook(to)
    const received = await to.count(40)
    await untilGone(ids)
    expect(to.received).toHaveLength(40)
    const verifier = new Verifier(SECRET)
    const bodies = received.map(({ headers, body }) => {
      const signed = verifier.verify(body, headers as Record<string, string>)
      return [headers['webhook-id'], signed] as const
    })
    expect(new Set(bodies.map(([id]) => id))).toEqual(new Set(ids))
    expect(bodies[0]?.[1]).toMatchObject({
      type: 'notification.created',
      data: { userId: 'ann', kind: 'CUSTOM', title: 'Hello', body: 'World', subjectId: null },
    })
    expect(received[0]?.headers['content-type']).toBe('application/json')
  })

  test('does not accept what another has signed', async () => {
    const to = await receiver()
    const ids = await given(1)
    webhook(to, { secret: 'some other secret' })
    const [first] = await to.count(1)
    await untilGone(ids)
    const verify = (verifier: Verifier) =>
      verifier.verify(first?.body ?? '', first?.headers as Record<string, string>)
    expect(() => verify(new Verifier(SECRET))).toThrow('No matching signature')
    expect(verify(new Verifier('some other secret', { format: 'raw' }))).toBeTruthy()
  })

  test.for<Mood>([500, 404, 302, 'breaks', 'hangs'])(
    'whose receiver says %s tries again, under the same id, and loses nothing when it comes back',
    async (mood) => {
      const to = await receiver(mood)
      const ids = await given(5)
      const failures = webhook(to)
      await to.count(10)
      to.mood = 200
      await untilGone(ids)
      expect(failures.length).toBeGreaterThanOrEqual(5)
      const tries = Map.groupBy(to.received, ({ headers }) => headers['webhook-id'])
      expect(new Set(tries.keys())).toEqual(new Set(ids))
      for (const all of tries.values()) {
        expect(all.length).toBeGreaterThanOrEqual(2)
        expect(new Set(all.map(({ body }) => body)).size).toBe(1)
      }
      expect(failures.join()).not.toContain('hidden')
    },
  )

  test('pauses longer after each failure', async () => {
    const to = await receiver(503)
    const ids = await given(1)
    webhook(to, { firstPauseMs: 100 })
    const times: number[] = []
    for (let count = 1; count <= 4; count += 1) {
      await to.count(count)
      times.push(performance.now())
    }
    const [one = 0, two = 0, three = 0] = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(one).toBeGreaterThan(80)
    expect(two).toBeGreaterThan(170)
    expect(three).toBeGreaterThan(350)
    to.mood = 200
    await untilGone(ids)
  })

  test('gives up in the end, says so once, and keeps it on the list', async () => {
    const to = await receiver(500)
    const ids = await given(1)
    const failures = webhook(to, { giveUpAfterMs: 300 })
    await vi.waitFor(async () => expect(await waiting(ids)).toMatchObject([{ isGivenUp: true }]), 10_000)
    const tries = to.received.length
    expect(await waiting(ids)).toEqual([{ isGivenUp: true, attempts: tries, problem: 'answered 500' }])
    expect(failures.filter((failure) => failure.startsWith('finally'))).toEqual(['finally: answered 500'])
  })

  test('gets no pushes for connected users or read notifications', async () => {
    const to = await receiver()
    const here = await given(1, 'here')
    const read = await given(1, 'reader')
    await record.database.execute(
      sql`UPDATE notifications SET read_at = clock_timestamp() WHERE user_id = 'reader'`,
    )
    const away = await given(1, 'away')
    webhook(to, { connected: async () => new Set([asUserId('here')]) })
    await untilGone([...here, ...read, ...away])
    expect(to.received.map(({ headers }) => headers['webhook-id'])).toEqual(away)
  })

  test('is shared by nodes, and what a dead one had taken comes again', async () => {
    const to = await receiver()
    const ids = await given(60)
    await record.database.execute(sql`
      UPDATE webhook_deliveries SET attempts = 1, due_at = clock_timestamp() + interval '300 ms'
      WHERE notification_id = ${ids[0]}`)
    // What is answered too late comes again, rightly: here nothing is.
    for (const _node of [1, 2, 3]) webhook(to, { answerWithinMs: 10_000 })
    await untilGone(ids)
    expect(to.received).toHaveLength(60)
  })
})
