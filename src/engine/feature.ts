import type { AnyFamily } from './commands/family.ts'
import { beginTopics, countTopics } from './history/begin-topics.ts'
import type { Entry } from './history/entry.ts'
import type { RetainedEntries, Trim } from './history/retention.ts'
import { createHooks, type Hooks, type RegisterHooks } from './hooks.ts'
import type { Topic } from './kernel/topic.ts'
import type { Presence } from './presence/presence.ts'
import type { Database, Executor } from './storage/database.ts'
import type { DatabaseContents } from './storage/migrate.ts'
import type { Verify } from './verify/verify.ts'

/** Rows that exist from the first start. */
export interface Seed {
  /** Topics that begin empty. */
  topics(hooks: Hooks): readonly Topic[]
  /** Writes the other rows; leaves those that exist alone. */
  write?(executor: Executor): Promise<void>
  isWritten?(executor: Executor): Promise<boolean>
}

/** What a process of a feature works with on one node. */
export interface ProcessParts {
  /** For reads. */
  readonly database: Database
  /** For transactions that write. */
  readonly commands: Database
  readonly presence: Presence
  readonly hooks: Hooks
  /** Publishes entries that the process appended, after their commit. Never throws. */
  announce(entries: readonly Entry[]): void
  /** Logs a fault; `topic` is the topic at fault, null where none is. */
  onFault(message: string, topic: Topic | null, error: unknown): void
}

/** Work that follows from commits, on every node. */
export interface FeatureProcess {
  /** Called with every batch that this node committed. Never throws. */
  onCommit?(entries: readonly Entry[]): void
  /** Takes up no more work; resolves when the work under way has ended. */
  close?(): Promise<void>
}

/** What one feature contributes to a server. `Schema` is its contribution to the schema, which the engine passes on. */
export interface Feature<Schema = unknown> {
  /** Unique among the features of a server. */
  readonly name: string
  /** The names of the features that it builds on. */
  readonly requires: readonly string[]
  readonly families: readonly AnyFamily[]
  readonly schema?: Schema
  /** What it does in the transactions of the features that it builds on. */
  readonly hooks?: RegisterHooks
  readonly seed?: Seed
  /** Deletes what it need not keep any longer. */
  readonly trim?: Trim
  /** Entries that need earlier ones of their topic. */
  readonly retains?: readonly RetainedEntries[]
  /** Recomputes what it stores twice. */
  readonly verify?: Verify
  start?(parts: ProcessParts): FeatureProcess
}

/** The features of one server, put together. */
export interface FeatureSet<Schema = unknown> {
  readonly families: readonly AnyFamily[]
  readonly schema: readonly Schema[]
  readonly hooks: Hooks
  readonly contents: DatabaseContents
  readonly trims: readonly Trim[]
  readonly retained: readonly RetainedEntries[]
  readonly verifications: readonly Verify[]
  start(parts: Omit<ProcessParts, 'hooks'>): Required<FeatureProcess>
}

/** Throws where a feature that another builds on comes after it or is missing, or where two share a name. */
export function assembleFeatures<Schema>(
  features: readonly Feature<Schema>[],
  migrations: string,
): FeatureSet<Schema> {
  refuseGaps(features)
  const families = features.flatMap((feature) => feature.families)
  refuseTwins(
    'family',
    families.map(({ name }) => name),
  )
  const hooks = createHooks(features.flatMap((feature) => feature.hooks ?? []))
  return {
    families,
    schema: features.flatMap(({ schema }) => (schema === undefined ? [] : [schema])),
    hooks,
    contents: contentsOf(features, hooks, migrations),
    trims: features.flatMap((feature) => feature.trim ?? []),
    retained: features.flatMap((feature) => feature.retains ?? []),
    verifications: features.flatMap((feature) => feature.verify ?? []),
    start(parts) {
      const processes = features.flatMap((feature) => feature.start?.({ ...parts, hooks }) ?? [])
      return {
        onCommit(entries) {
          for (const process of processes) process.onCommit?.(entries)
        },
        async close() {
          await Promise.all(processes.map((process) => process.close?.()))
        },
      }
    },
  }
}

function contentsOf(features: readonly Feature[], hooks: Hooks, migrations: string): DatabaseContents {
  const seeds = features.flatMap((feature) => feature.seed ?? [])
  const topics = [...new Set(seeds.flatMap((seed) => seed.topics(hooks)))]
  return {
    migrations,
    async isSeeded(executor) {
      if ((await countTopics(executor, topics)) < topics.length) return false
      const written = await Promise.all(seeds.map((seed) => seed.isWritten?.(executor) ?? true))
      return written.every(Boolean)
    },
    async seed(executor) {
      await beginTopics(executor, topics)
      for (const seed of seeds) await seed.write?.(executor)
    },
  }
}

function refuseGaps(features: readonly Feature[]): void {
  const known = new Set<string>()
  refuseTwins(
    'feature',
    features.map(({ name }) => name),
  )
  for (const { name, requires } of features) {
    const missing = requires.filter((required) => !known.has(required))
    if (missing.length > 0) throw new Error(`${name} needs ${missing.join(' and ')}, listed before it`)
    known.add(name)
  }
}

function refuseTwins(kind: string, names: readonly string[]): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined) throw new Error(`two features define the ${kind} ${twin}`)
}
