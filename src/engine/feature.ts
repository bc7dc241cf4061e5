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

/** The dependencies of a feature's process on one node. */
export interface ProcessParts {
  /** For reads. */
  readonly database: Database
  /** For transactions that write. */
  readonly commands: Database
  readonly presence: Presence
  readonly hooks: Hooks
  /** Announces entries that the process appended. Call it after their commit. Never throws. */
  announce(entries: readonly Entry[]): void
  /** Logs a fault. `topic` is the topic at fault, or null. */
  onFault(message: string, topic: Topic | null, error: unknown): void
}

/** Background work of a feature that follows from commits. Runs on every node. */
export interface FeatureProcess {
  /** Called with every batch that this node committed. Never throws. */
  onCommit?(entries: readonly Entry[]): void
  /** Starts no further work. Resolves when the running work has ended. */
  close?(): Promise<void>
}

/** Everything that one feature contributes to a server. `Schema` is its part of the GraphQL schema, which the engine only passes on. */
export interface Feature<Schema = unknown> {
  /** Unique among the features of a server. */
  readonly name: string
  /** The names of the features that this one builds on. */
  readonly requires: readonly string[]
  readonly families: readonly AnyFamily[]
  readonly schema?: Schema
  /** Its part in the transactions of the features that it builds on. */
  readonly hooks?: RegisterHooks
  readonly seed?: Seed
  /** Deletes its expired data. */
  readonly trim?: Trim
  /** Entries that need earlier ones of their topic. */
  readonly retains?: readonly RetainedEntries[]
  /** Recomputes its redundant data. */
  readonly verify?: Verify
  start?(parts: ProcessParts): FeatureProcess
}

/** The combined features of one server. */
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

/** Throws if a feature comes before one that it builds on, if such a one is missing, or if two share a name. */
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
