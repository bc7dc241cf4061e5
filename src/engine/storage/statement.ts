import type { Executor } from './database.ts'

/**
 * A statement as SQL text, for the hot path of commands: no query builder is involved, and PostgreSQL plans it once per
 * connection. `values` bind $1, $2 …; arrays become PostgreSQL arrays, and JSON must be text. Rows are as the driver
 * decodes them: bigint as text, timestamps as dates. The statement is sent before this returns.
 */
export function statement<Row = unknown>(
  name: string,
  text: string,
): (executor: Executor, ...values: readonly unknown[]) => Promise<readonly Row[]> {
  return async (executor, ...values) => {
    const { rows } = await executor.$client.query({ name, text, values })
    // Only the text of the statement determines the shape of its rows.
    return rows as readonly Row[]
  }
}

/** A query-builder query, built once per executor. Rows are decoded by the schema. */
export function prepared<Query>(prepare: (executor: Executor) => Query): (executor: Executor) => Query {
  const made = new WeakMap<Executor, Query>()
  return (executor) => {
    const known = made.get(executor) ?? prepare(executor)
    made.set(executor, known)
    return known
  }
}
