import { GraphQLError } from 'graphql'
import type { Subscriber } from '../../src/engine/hub/delivery.ts'
import { payloadOf } from '../../src/engine/hub/delivery.ts'
import type { Plan } from '../../src/engine/hub/source.ts'
import { createDeadlines } from '../../src/engine/kernel/deadlines.ts'
import { instant } from '../../src/engine/kernel/instant.ts'
import type { ClientKey } from '../../src/engine/session/client-key.ts'
import { Session, type SessionHost } from '../../src/engine/session/session.ts'
import type { Transport } from '../../src/engine/session/transport.ts'
import { type Connections, createConnections } from '../../src/platform/limits/connections.ts'
import { createSelectionBudget, type SelectionBudget } from '../../src/platform/limits/selection-budget.ts'
import { createUserConnections } from '../../src/platform/limits/user-connections.ts'

/** A subscription that the hub serves. */
export interface Served {
  readonly plan: Plan
  readonly subscriber: Subscriber
  deliver(value: unknown): void
}

/** A hub that serves the test's payloads, and delivers one more as a reader leaves. */
export interface FakeHub {
  readonly served: ReadonlySet<Served>
  of(key: string): Served | undefined
}

/** A session over components whose remaining state a test can inspect. */
export interface FakeSession {
  readonly session: Session
  readonly hub: FakeHub
  readonly connections: Connections
  readonly selections: SelectionBudget<ClientKey>
  readonly isPresent: () => boolean
}

export const PULSE: Plan = { kind: 'pulse', everyMs: 1000, value: () => 0 }

export function createFakeSession(
  transport: Transport,
  options: Partial<Pick<SessionHost, 'operations' | 'maxSubscriptions' | 'signIn'>> = {},
): FakeSession {
  const served = new Set<Served>()
  let isPresent = false
  const connections = createConnections({ maxConnections: 10, maxConnectionsPerAddress: 10 })
  const selections = createSelectionBudget<ClientKey>({ maxTopicCost: 1_000_000, maxTotalCost: 1_000_000 })
  const now = () => instant(Date.now())
  const host: SessionHost = {
    hub: {
      open(plan, subscriber) {
        const each: Served = {
          plan,
          subscriber,
          deliver: (value) =>
            subscriber.sink.send(payloadOf(Buffer.from(JSON.stringify({ data: value })), null)),
        }
        served.add(each)
        return () => {
          // Like a group flushing what is due to a leaving reader.
          if (served.delete(each)) each.deliver({ from: subscriber.selection.key })
        }
      },
    },
    deadlines: createDeadlines(now),
    userConnections: createUserConnections({ max: 10, count: async () => new Map() }),
    selections,
    maxSubscriptions: 100,
    operations: { maxRunning: 16, maxWaiting: 100 },
    signIn: async () => ({ kind: 'ok', viewer: null }),
    openPresence() {
      isPresent = true
      return {
        ...{ signIn: () => {}, enter: () => () => {}, revoke: () => {} },
        close() {
          isPresent = false
        },
      }
    },
    mask: (error) => (error instanceof GraphQLError ? error : new GraphQLError(String(error))),
    forget: () => {},
    ...options,
  }
  const place = connections.enterUnknown('192.0.2.1', () => {})
  if (typeof place === 'string') throw new Error(place)
  const session = new Session(host, transport, place, '192.0.2.1')
  const hub: FakeHub = {
    served,
    of: (key) => [...served].find(({ subscriber }) => subscriber.selection.key === key),
  }
  return { session, hub, connections, selections, isPresent: () => isPresent }
}
