import SchemaBuilder from '@pothos/core'
import type { Amount } from '../engine/kernel/amount.ts'
import type { Cursor } from '../engine/kernel/cursor.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import type { SharedContext } from '../resolvers/context.ts'

/** What the schema is made of, as code sees it: nothing is null unless a field says so. */
export interface SchemaTypes {
  Context: SharedContext
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Instant; Output: Instant }
    Amount: { Input: Amount; Output: Amount }
    /** Of the output only the encoder makes one; what comes in is unchecked until its topic is known. */
    Cursor: { Input: string; Output: Cursor }
    JSON: { Input: unknown; Output: unknown }
  }
}

/** Every file of this folder adds its types here when it is loaded; `createSchema` loads them all. */
export const builder = new SchemaBuilder<SchemaTypes>({ defaultFieldNullability: false })

/** An object type whose values are of `Shape`. */
export type TypeOf<Shape> = PothosSchemaTypes.ObjectRef<typeof builder.$inferSchemaTypes, Shape>
