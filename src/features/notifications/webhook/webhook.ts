import { every } from '../../../engine/kernel/every.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import { formatInstant, later } from '../../../engine/kernel/instant.ts'
import type { Database } from '../../../engine/storage/database.ts'
import { type Delivery, drop, postpone, takeDue } from './delivery-queue.ts'
import { createSigner } from './signing.ts'

export interface WebhookOptions {
  readonly database: Database
  readonly url: URL
  /** Null: messages are not signed. */
  readonly secret: string | null
  /** Those of `users` who are connected to any node and therefore need no push. */
  readonly connected: (users: readonly UserId[]) => Promise<ReadonlySet<UserId>>
  /** Called for failures on our side; they are retried. */
  readonly onFault: (error: unknown) => void
  /** Called for each attempt that the receiver did not accept. */
  readonly onFailure: (delivery: Delivery, problem: string, isFinal: boolean) => void
  readonly lookEveryMs?: number
  /** Time limit for the receiver's answer. */
  readonly answerWithinMs?: number
  /** Pause after the first failure; doubled after each further one, up to an hour. */
  readonly firstPauseMs?: number
  readonly giveUpAfterMs?: number
}

/**
 * Sends notifications of users who are away to the operator's push service: each at least once, with growing pauses
 * for up to a day. Any number of nodes share the work through the database.
 */
export interface Webhook {
  /** Starts no more work; resolves when the current work has finished. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 1_000
/** Maximum concurrent deliveries: all that a hanging receiver can hold up. */
const AT_ONCE = 16
const ANSWER_WITHIN_MS = 10_000
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 3_600_000
const GIVE_UP_AFTER_MS = 24 * 3_600_000

export function createWebhook(options: WebhookOptions): Webhook {
  const { database, onFault } = options
  const {
    lookEveryMs = LOOK_EVERY_MS,
    answerWithinMs = ANSWER_WITHIN_MS,
    firstPauseMs = FIRST_PAUSE_MS,
    giveUpAfterMs = GIVE_UP_AFTER_MS,
  } = options
  const signer = createSigner(options.secret)
  const underWay = new Set<Promise<void>>()
  const abort = new AbortController()

  async function look(): Promise<void> {
    const free = AT_ONCE - underWay.size
    if (free === 0) return
    const due = await takeDue(database, free, answerWithinMs * 3)
    const fresh = due.filter(({ attempt }) => attempt === 1).map(({ userId }) => userId)
    const here = fresh.length === 0 ? new Set<UserId>() : await options.connected(fresh)
    for (const delivery of due) {
      const isNeeded = delivery.attempt > 1 || !here.has(delivery.userId)
      const work = (isNeeded ? deliver(delivery) : drop(database, delivery.notification.id)).catch(onFault)
      underWay.add(work)
      void work.finally(() => {
        underWay.delete(work)
        // More deliveries may be due than there were free slots.
        if (due.length === free) looks.soon()
      })
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const { id, createdAt } = delivery.notification
    const problem = await send(delivery)
    if (problem === undefined) return drop(database, id)
    // The lease expires, and any node can take it again.
    if (abort.signal.aborted) return
    const pauseMs = pauseAfter(delivery.attempt, firstPauseMs)
    const isFinal = later(delivery.now, pauseMs) > later(createdAt, giveUpAfterMs)
    await postpone(database, id, problem, isFinal ? null : pauseMs)
    options.onFailure(delivery, problem, isFinal)
  }

  /** Undefined if the receiver accepted it. */
  async function send({ notification, userId, now }: Delivery): Promise<string | undefined> {
    const { readAt: _unread, createdAt, ...said } = notification
    const body = JSON.stringify({
      type: 'notification.created',
      timestamp: formatInstant(createdAt),
      data: { ...said, userId, createdAt: formatInstant(createdAt) },
    })
    const headers = { 'content-type': 'application/json', ...signer.headers(notification.id, now, body) }
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(answerWithinMs)])
    try {
      const response = await fetch(options.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await response.body?.cancel()
      return response.ok ? undefined : `answered ${response.status}`
    } catch (error) {
      return reasonOf(error)
    }
  }

  const looks = every(look, { everyMs: lookEveryMs, onFault })
  return {
    async close() {
      abort.abort()
      await looks.close()
      await Promise.all(underWay)
    },
  }
}

/** Adds 20% jitter, so that retries do not all come at once. */
function pauseAfter(attempt: number, firstMs: number): number {
  const pause = Math.min(firstMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS)
  return pause * (0.9 + Math.random() * 0.2)
}

/** Omits the address: it may contain a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error.name
}
