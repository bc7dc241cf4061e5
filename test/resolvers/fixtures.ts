import { type ExecutionResult, execute, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { inject, onTestFinished } from 'vitest'
import type { RunningDispatch } from '../../src/engine/commands/create-dispatch.ts'
import { createSemaphore } from '../../src/engine/commands/semaphore.ts'
import type { Entry } from '../../src/engine/history/entry.ts'
import { createHistory, type History } from '../../src/engine/history/history.ts'
import type { Guard, Plan } from '../../src/engine/hub/source.ts'
import type { Role } from '../../src/engine/kernel/actor.ts'
import { createDeadlines } from '../../src/engine/kernel/deadlines.ts'
import { asUserId } from '../../src/engine/kernel/id.ts'
import { FAR_FUTURE, instant } from '../../src/engine/kernel/instant.ts'
import type { Topic } from '../../src/engine/kernel/topic.ts'
import { createPresence } from '../../src/engine/presence/presence.ts'
import { createMemoryRegistry } from '../../src/engine/presence/registry.memory.ts'
import { clientKeyOf } from '../../src/engine/session/client-key.ts'
import { users } from '../../src/features/users/tables.ts'
import type { Viewer } from '../../src/platform/auth/viewer.ts'
import { createMemoryRates } from '../../src/platform/limits/rates.memory.ts'
import { createMemoryBus } from '../../src/pubsub/bus.memory.ts'
import type { CallContext, ConnectionControl } from '../../src/resolvers/context.ts'
import { createServices, type Services } from '../../src/resolvers/services.ts'
import { openDatabase, openDispatch } from '../support/database.ts'
import { createDatabase } from '../support/postgres-databases.ts'
import { createFullSchema } from '../support/schema.ts'

export const NOW = instant(Date.UTC(2027, 0, 2, 3, 4, 5, 6))

const BOUNDLESS = { perSecond: 100_000, burst: 100_000 }
const QUOTAS = { rooms: { open: 100_000, perHour: 100_000 }, openAuctions: 100_000 }

/** Someone with a valid token. */
export function viewer(id: string, ...roles: readonly Role[]): Viewer {
  const user = { id: asUserId(id), name: id.toUpperCase() }
  return { user, roles: new Set(['USER', ...roles]), expiresAt: FAR_FUTURE, issuedAt: null }
}

export interface Fixture {
  readonly services: Services
  readonly history: History
  readonly schema: GraphQLSchema
  readonly passDeadline: RunningDispatch['passDeadline']
  /** Runs an operation as `caller` and returns its data. Throws its first error. */
  run(
    caller: Viewer | null,
    text: string,
    variables?: Variables,
    connection?: ConnectionControl,
  ): Promise<Data>
  /** The whole answer of an operation. */
  answer(caller: Viewer | null, text: string): Promise<ExecutionResult>
  /** The code of the first error that an operation ends with; undefined where it has none. */
  codeOf(caller: Viewer | null, text: string, variables?: Variables): Promise<unknown>
  /** How the hub is to serve a subscription. Throws where the caller may not. */
  plan(caller: Viewer | null, field: string, args: object): Promise<Plan>
  /** Executes a subscription against one value, as the hub does for a whole group: without any viewer. */
  present(text: string, value: unknown, variables?: Variables): Promise<Data>
}

export type Variables = Readonly<Record<string, unknown>>

/** An answer: it has whatever shape its own document asks for. */
export type Data = unknown

/** The text at a path of an answer. Throws if none. */
export function textAt(data: Data, ...path: readonly (string | number)[]): string {
  let found: unknown = data
  for (const step of path) {
    found =
      typeof found === 'object' && found !== null
        ? new Map(Object.entries(found)).get(String(step))
        : undefined
  }
  if (typeof found !== 'string') throw new Error(`nothing at ${path.join('.')} of ${JSON.stringify(data)}`)
  return found
}

/** The resolvers over a database of their own, with the real command side. The named users are known. */
export async function createFixture(...known: readonly Viewer[]): Promise<Fixture> {
  const opened = await openFixture(...known)
  onTestFinished(() => opened.close())
  return opened
}

/** The same, for several tests: the caller closes it. */
export async function openFixture(
  ...known: readonly Viewer[]
): Promise<Fixture & { readonly close: () => Promise<void> }> {
  const url = await createDatabase(inject('postgresUrl'), inject('databasePrefix'))
  return openFixtureOn({ url, directory: '' }, known)
}

/** The same over a given database: PostgreSQL, or the embedded one in a directory. */
export async function openFixtureOn(
  where: { readonly url: string | null; readonly directory: string },
  known: readonly Viewer[],
): Promise<Fixture & { readonly close: () => Promise<void> }> {
  const record = await openDatabase({ ...where, onConnectionError: () => {} })
  const { database } = record
  const { dispatch, passDeadline } = openDispatch({
    database,
    permits: createSemaphore(4),
    announce: () => {},
  })
  const now = () => NOW
  const presence = createPresence({
    ...{ registry: createMemoryRegistry(), bus: createMemoryBus(), node: 'node_1' },
    ...{ deadlines: createDeadlines(now), now },
  })
  const services = createServices({
    ...{ dispatch, database, presence, node: 'node_1', version: '1.2.3', now },
    rates: createMemoryRates(BOUNDLESS),
    quotas: { ...QUOTAS, contacts: createMemoryRates(BOUNDLESS), directRooms: createMemoryRates(BOUNDLESS) },
    seeUser: () => {},
    settleUsers: async () => {},
  })
  const schema = createFullSchema()
  if (known.length > 0) await database.insert(users).values(known.map(({ user }) => user))

  async function execution(
    text: string,
    contextValue: object,
    rootValue: unknown,
    variableValues: Variables,
  ): Promise<ExecutionResult> {
    const document = parse(text)
    const [fault] = validate(schema, document)
    if (fault !== undefined) throw fault
    return await execute({ schema, document, contextValue, rootValue, variableValues })
  }

  function contextOf(caller: Viewer | null, connection: ConnectionControl | null = null): CallContext {
    const client = clientKeyOf(caller, '127.0.0.1')
    return { services, viewer: caller, connection, client, signal: AbortSignal.any([]) }
  }

  function dataOf({ data, errors }: ExecutionResult): Data {
    if (errors?.[0] !== undefined) throw errors[0]
    return JSON.parse(JSON.stringify(data))
  }

  return {
    close: record.close,
    services,
    passDeadline,
    history: createHistory(database),
    schema,
    async run(caller, text, variables = {}, connection) {
      return dataOf(await execution(text, contextOf(caller, connection), undefined, variables))
    },
    async answer(caller, text) {
      return JSON.parse(JSON.stringify(await execution(text, contextOf(caller), undefined, {})))
    },
    async codeOf(caller, text, variables = {}) {
      const { errors } = await execution(text, contextOf(caller), undefined, variables)
      return errors?.[0]?.extensions['code']
    },
    async plan(caller, field, args) {
      const { plan } = schema.getSubscriptionType()?.getFields()[field]?.extensions ?? {}
      if (plan === undefined) throw new Error(`${field} has no plan`)
      return plan(args, contextOf(caller))
    },
    async present(text, value, variables = {}) {
      return dataOf(await execution(text, { services }, value, variables))
    },
  }
}

/** A topic's whole history. */
export async function entriesOf({ history }: Fixture, topic: Topic): Promise<readonly Entry[]> {
  const head = await history.head(topic)
  if (head === undefined) throw new Error(`${topic} has no history`)
  return history.readAfter(topic, { ...head, offset: head.floor }, 1000)
}

/** What keeps a plan's subscription honest. Throws where nothing does. */
export function guardOf(plan: Plan): Guard {
  if (plan.kind === 'pulse' || plan.kind === 'list' || plan.guard === undefined)
    throw new Error('the plan has no guard')
  return plan.guard
}

/** All entries that a plan's readers would get from the beginning, presented and executed. */
export async function replay(
  all: Fixture,
  plan: Plan,
  text: string,
  reader: Viewer | null = null,
): Promise<readonly Data[]> {
  if (plan.kind !== 'history') throw new Error('only a history is replayed')
  const { source, topic } = plan
  const entries = await entriesOf(all, topic)
  const prepared = await source.prepare?.(topic, entries)
  const values: Data[] = []
  for (const [index, entry] of entries.entries()) {
    const event = source.present(entry, prepared?.[index])
    const access = await source.access?.(topic, [event])
    if (source.sees?.(event, access, reader) === false) continue
    values.push(onlyField(await all.present(text, event)))
  }
  return values
}

/** The snapshot of a plan for `reader`, executed. */
export async function snapshot(
  { present }: Fixture,
  plan: Plan,
  text: string,
  reader: Viewer | null = null,
): Promise<Data> {
  if (plan.kind !== 'history') throw new Error('only a history has a snapshot')
  const { source, topic } = plan
  const { position, at, state } = await source.snapshot(topic, reader)
  const event = { type: source.snapshotType, topic, position, at, reset: false, ...state }
  return onlyField(await present(text, event))
}

function onlyField(data: Data): Data {
  return typeof data === 'object' && data !== null ? Object.values(data)[0] : undefined
}

/** The code with which `work` is refused. */
export async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof GraphQLError ? error.extensions['code'] : error
  }
}
