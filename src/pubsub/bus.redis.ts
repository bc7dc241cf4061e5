import { setTimeout as pause } from 'node:timers/promises'
import { instant } from '../engine/kernel/instant.ts'
import { callEach, Listeners, warnOfFault } from '../engine/kernel/listeners.ts'
import { createRedaction, messageOf } from '../platform/redis/redaction.ts'
import { retryDelayMs } from '../platform/redis/retry-delay.ts'
import type { Bus, BusStatus } from './bus.ts'
import { createChannels } from './channels.redis.ts'
import { type Link, openLink } from './link.redis.ts'

export interface RedisBusOptions {
  /** `redis://` or `rediss://`, with credentials where needed. Never logged. */
  readonly url: string
  /** Prefix of channel names. Deployments that share a Redis need different ones. */
  readonly prefix?: string
  /** From one probe's return to the next probe. A broken bus is detected within this plus `probeTimeoutMs`. */
  readonly probeEveryMs?: number
  readonly probeTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Called when the bus goes down or comes up; not for each attempt in between, and not by `close`. */
  readonly onChange?: (status: BusStatus) => void
  /** Called with the error of a listener that threw; the other listeners are still called. Default: a process warning. */
  readonly onFault?: (fault: unknown) => void
}

/**
 * A bus over Redis pub/sub. Resolves after the first attempt to connect, successful or not: a
 * node starts without Redis and connects when it can. Throws only if `url` is not a Redis URL.
 */
export async function createRedisBus(options: RedisBusOptions): Promise<Bus> {
  const {
    url,
    prefix = 'rostrum:',
    probeEveryMs = 2_000,
    probeTimeoutMs = 2_000,
    connectTimeoutMs = 3_000,
    onChange = () => {},
    onFault = warnOfFault,
  } = options
  createRedaction(url)
  const channels = createChannels(prefix, onFault)
  const recoveryListeners = new Listeners<() => void>(onFault)
  const closing = new AbortController()
  const firstAttempt = Promise.withResolvers<void>()
  let status: BusStatus = { kind: 'down', since: instant(Date.now()), message: 'not connected yet' }
  let current: Link | undefined
  let failures = 0

  function goUp(link: Link): void {
    link.signal.throwIfAborted()
    current = link
    failures = 0
    status = { kind: 'up', lastProbeAt: instant(Date.now()) }
    firstAttempt.resolve()
    callEach([onChange], (tell) => tell(status), onFault)
    recoveryListeners.tell((listener) => listener())
  }

  function goDown(message: string): void {
    current = undefined
    const wasUp = status.kind === 'up'
    status = { kind: 'down', since: status.kind === 'up' ? instant(Date.now()) : status.since, message }
    firstAttempt.resolve()
    if (wasUp && !closing.signal.aborted) callEach([onChange], (tell) => tell(status), onFault)
  }

  async function raise(link: Link): Promise<void> {
    await channels.restore(link)
    await link.probe()
    goUp(link)
  }

  async function keepProbing(link: Link): Promise<never> {
    for (;;) {
      await link.probe()
      if (status.kind === 'up') status = { kind: 'up', lastProbeAt: instant(Date.now()) }
      await pause(probeEveryMs, undefined, { ref: false, signal: link.signal })
    }
  }

  /** Runs a link from opening to its end. Always throws the reason of the end. */
  async function useOneLink(): Promise<never> {
    const link = await openLink({ url, prefix, connectTimeoutMs, probeTimeoutMs, signal: closing.signal })
    link.signal.addEventListener('abort', () => goDown(messageOf(link.signal.reason)))
    try {
      // Probing also bounds the subscribing: if Redis falls silent meanwhile, the link ends with everything that waits on it.
      await Promise.all([keepProbing(link), raise(link)])
    } catch (fault) {
      link.end(messageOf(fault))
    }
    await link.closed
    throw link.signal.reason
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await useOneLink().catch((fault) => goDown(messageOf(fault)))
      const delayMs = retryDelayMs(failures)
      failures += 1
      await pause(delayMs, undefined, { ref: false, signal: closing.signal }).catch(() => {})
    }
  }

  function linkOrThrow(): Link {
    if (current !== undefined) return current
    throw new Error(`The bus is unavailable: ${status.kind === 'down' ? status.message : 'closing'}`)
  }

  const lived = live()
  await firstAttempt.promise
  return {
    publish: async (topic, message) => linkOrThrow().publish(prefix + topic, message),
    subscribe: async (topic, listener) => channels.join(linkOrThrow(), topic, listener),
    onRecovered(listener) {
      const own = () => listener()
      recoveryListeners.add(own)
      return () => {
        recoveryListeners.remove(own)
      }
    },
    status: () => status,
    async close() {
      closing.abort()
      goDown('closed')
      await lived
    },
  }
}
