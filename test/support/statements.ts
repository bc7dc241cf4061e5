import type { Database } from '../../src/engine/storage/database.ts'

export interface CountedStatements {
  /** Since `reset`. */
  readonly count: number
  /** Their texts. */
  readonly texts: readonly string[]
  reset(): void
}

/** Counts the statements that `database` sends from now on; a transaction counts as one. */
export function countStatements(database: Database): CountedStatements {
  let texts: string[] = []
  /** A statement takes its own connection: it is not in a transaction. */
  let isTaking = false
  const client: object = database.$client
  for (const method of ['query', 'connect']) {
    const original: unknown = Reflect.get(client, method)
    if (typeof original !== 'function') throw new TypeError(`the driver has no ${method}`)
    Reflect.set(client, method, (...given: readonly unknown[]): unknown => {
      if (method === 'connect' && !isTaking) texts.push('BEGIN')
      if (method === 'query') texts.push(textOf(given[0]))
      isTaking = method === 'query'
      try {
        return Reflect.apply(original, client, given)
      } finally {
        isTaking = false
      }
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
