import { type Instant, instant } from '../../engine/kernel/instant.ts'
import type { DatabaseActivity } from '../../engine/storage/activity.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { DatabaseProbe } from './database-probe.ts'
import type { PartHealth } from './part-health.ts'

/** Why this node should get no traffic. */
export interface Problem {
  readonly part: 'database' | 'draining'
  readonly since: Instant
  /** For operators; contains no password. */
  readonly message: string
}

/** A degraded component; durable writes and delivery within five seconds still hold. */
export interface Warning {
  readonly part: 'bus' | 'presence' | 'limits'
  readonly since: Instant
  readonly message: string
}

/** Whether a mutation on this node would succeed, and be delivered to its subscribers within five seconds. */
export interface Readiness {
  /** The current problems, from cached state: never waits. */
  problems(): readonly Problem[]
  /** The current degradations, from cached state. A lost bus is one: without it, nodes poll the history. */
  warnings(): readonly Warning[]
  /** The node wants no more traffic. */
  startDraining(): void
  close(): void
}

export interface ReadinessOptions {
  readonly database: DatabaseProbe
  /** What commands in flight show of the database: a fresh connection may work where theirs are stuck. */
  readonly activity: Pick<DatabaseActivity, 'silentMs' | 'commandsAnsweredWithin'>
  readonly bus: Pick<Bus, 'status'>
  readonly presence: Pick<PartHealth, 'degradation'>
  readonly limits: Pick<PartHealth, 'degradation'>
}

/** Longer than the lock timeout, whose error would count as an answer. */
const STUCK_MS = 8_000
/** Longer than the statement timeout, after which the server would have answered with an error. */
const SILENT_MS = 10_500

export function createReadiness({ database, activity, bus, presence, limits }: ReadinessOptions): Readiness {
  let drainingSince: Instant | undefined

  function databaseProblems(): readonly Problem[] {
    const found = database.problem()
    if (found !== undefined) return [{ part: 'database', ...found }]
    const silentMs = activity.silentMs()
    const isStuck = silentMs >= STUCK_MS && !activity.commandsAnsweredWithin(STUCK_MS)
    if (!isStuck && silentMs < SILENT_MS) return []
    const message = `It has not answered a command for ${Math.round(silentMs / 1000)} s.`
    return [{ part: 'database', since: instant(Date.now() - silentMs), message }]
  }

  function busWarning(): readonly Warning[] {
    const status = bus.status()
    return status.kind === 'up' ? [] : [{ part: 'bus', since: status.since, message: status.message }]
  }

  return {
    problems() {
      const draining: Problem[] =
        drainingSince === undefined
          ? []
          : [{ part: 'draining', since: drainingSince, message: 'The node is shutting down.' }]
      return [...databaseProblems(), ...draining]
    },
    warnings() {
      const [noPresence, noLimits] = [presence.degradation(), limits.degradation()]
      return [
        ...busWarning(),
        ...(noPresence === undefined ? [] : [{ part: 'presence' as const, ...noPresence }]),
        ...(noLimits === undefined ? [] : [{ part: 'limits' as const, ...noLimits }]),
      ]
    },
    startDraining() {
      drainingSince ??= instant(Date.now())
    },
    close: () => database.close(),
  }
}
