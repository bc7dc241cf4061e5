import type { Executor } from './database.ts'

/**
 * A statement by its text, for what every command needs: no builder puts it together, and PostgreSQL plans it once a
 * connection. `values` stand for $1, $2 …; arrays are arrays of PostgreSQL, and JSON is to be text. Rows come as the driver
 * reads them: bigint as text, timestamps as dates. It is sent before this returns.
 */
export function statement<Row = unknown>(
  name: string,
  text: string,
): (executor: Executor, ...values: readonly unknown[]) => Promise<readonly Row[]> {
  return async (executor, ...values) => {
    const { rows } = await executor.$client.query({ name, text, values })
    // The database answers what `text` asks for; nothing else can tell that it is of this shape.
    return rows as readonly Row[]
  }
}

/** A query by the builder, which it puts together once for each executor: what it reads is decoded as the schema says. */
export function prepared<Query>(prepare: (executor: Executor) => Query): (executor: Executor) => Query {
  const made = new WeakMap<Executor, Query>()
  return (executor) => {
    const known = made.get(executor) ?? prepare(executor)
    made.set(executor, known)
    return known
  }
}
