import { type SQL, sql } from 'drizzle-orm'
import type { Executor } from './database.ts'

/** A parent whose children are read, and up to which bound. Each list defines the meaning of its bound. */
export interface Parent<Id extends string> {
  readonly id: Id
  readonly bound: number
}

/**
 * The parents as a table, so that one statement reads a page of children for each of them (LATERAL): `n` is the
 * parent's place in `parents`, from 0. The names of its columns occur nowhere else, since they are not qualified.
 */
export function parentTable<Id extends string>(executor: Executor, parents: readonly Parent<Id>[]) {
  const ids = parents.map(({ id }) => id)
  const bounds = parents.map(({ bound }) => bound)
  return executor
    .select({
      n: sql`parent_n - 1`.mapWith(Number).as('parent_place'),
      id: sql<Id>`parent_id`.as('parent_id'),
      bound: sql<number>`parent_bound`.as('parent_bound'),
    })
    .from(
      sql`unnest(${sql.param(ids)}::text[], ${sql.param(bounds)}::bigint[]) WITH ORDINALITY AS parent(parent_id, parent_bound, parent_n)`,
    )
    .as('parents')
}

/** LATERAL requires a join condition, but the child's own condition already names its parent. */
export const always: SQL = sql`true`

/** The rows of each of `count` parents, in their order. */
export function byParent<Row>(
  count: number,
  rows: readonly { readonly n: number; readonly row: Row }[],
): readonly (readonly Row[])[] {
  const lists = Array.from({ length: count }, (): Row[] => [])
  for (const { n, row } of rows) lists[n]?.push(row)
  return lists
}
