import SchemaBuilder from '@pothos/core'
import type { Amount } from '../engine/kernel/amount.ts'
import type { Cursor } from '../engine/kernel/cursor.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import type { SharedContext } from '../resolvers/context.ts'

/** The types of the schema for Pothos. Fields are non-null unless declared nullable. */
export interface SchemaTypes {
  Context: SharedContext
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Instant; Output: Instant }
    Amount: { Input: Amount; Output: Amount }
    /** Only the encoder produces output values; input is unchecked until its topic is known. */
    Cursor: { Input: string; Output: Cursor }
    JSON: { Input: unknown; Output: unknown }
  }
}

/** The same with the defaults of Pothos. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>

/** Collects the types of one schema. */
export type Builder = PothosSchemaTypes.SchemaBuilder<Types>

/** Adds types and fields to the schema that `builder` collects. The order of parts does not matter. */
export type Part = (builder: Builder) => void

/** An object type whose values are of `Shape`. */
export type TypeOf<Shape> = PothosSchemaTypes.ObjectRef<Types, Shape>

/** An empty builder. Each schema has one of its own. */
export function createBuilder(): Builder {
  return new SchemaBuilder<SchemaTypes>({ defaultFieldNullability: false })
}
