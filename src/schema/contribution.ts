import type { Feature } from '../engine/feature.ts'
import type { NodeLoader } from '../resolvers/node.ts'
import type { Part } from './builder.ts'

/** What a feature contributes to the schema. */
export interface SchemaContribution {
  /** Each adds types and fields, possibly to types of features that this one depends on. Order does not matter. */
  readonly parts: readonly Part[]
  /** How `node(id:)` finds the feature's types. */
  readonly nodes?: readonly NodeLoader[]
  /** Its rejection codes, in addition to the common ones. */
  readonly rejections?: readonly string[]
}

/** A feature that contributes to the schema. */
export type SchemaFeature = Feature<SchemaContribution>
