import type { Database } from '../../src/log/database.ts'

export interface CountedStatements {
  /** Since `reset`. */
  readonly count: number
  /** Their texts. */
  readonly texts: readonly string[]
  reset(): void
}

/** Counts the statements that `database` sends from now on: those of a transaction as one. */
export function countStatements(database: Database): CountedStatements {
  let texts: string[] = []
  const client: object = database.$client
  for (const method of ['query', 'connect']) {
    const original: unknown = Reflect.get(client, method)
    if (typeof original !== 'function') throw new TypeError(`the driver has no ${method}`)
    Reflect.set(client, method, (...given: readonly unknown[]): unknown => {
      // The pool's own `query` takes a connection by a callback.
      if (method === 'query') texts.push(textOf(given[0]))
      else if (given.length === 0) texts.push('BEGIN')
      return Reflect.apply(original, client, given)
    })
  }
  return {
    get count() {
      return texts.length
    },
    get texts() {
      return texts
    },
    reset() {
      texts = []
    },
  }
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  const text: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'text') : undefined
  return typeof text === 'string' ? text : ''
}
