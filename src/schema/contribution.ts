import type { Feature } from '../engine/feature.ts'
import type { NodeLoader } from '../resolvers/node.ts'
import type { Part } from './builder.ts'

/** What a feature contributes to the schema. */
export interface SchemaContribution {
  /** Each adds types and fields, also to types of features that this one builds on. Their order does not matter. */
  readonly parts: readonly Part[]
  /** How `node(id:)` finds the feature's types. */
  readonly nodes?: readonly NodeLoader[]
  /** The codes that it rejects commands with, in addition to the common ones. */
  readonly rejections?: readonly string[]
}

/** A feature with a part in the schema. */
export type SchemaFeature = Feature<SchemaContribution>
