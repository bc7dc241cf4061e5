import type { Database } from '../../src/engine/storage/database.ts'

interface Plan {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

function rowsOf(plan: Plan): number {
  const { 'Actual Rows': found, 'Actual Loops': loops } = plan
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0)
  const own = plan['Relation Name'] === undefined ? 0 : (found + removed) * loops
  return (plan.Plans ?? []).reduce((sum, each) => sum + rowsOf(each), own)
}

/** The number of table rows that PostgreSQL reads for the statements of `work`: each is explained after it ran. */
export async function rowsReadFor(database: Database, work: () => Promise<unknown>): Promise<number> {
  const client = database.$client
  const original = client.query
  const sent: (readonly [text: string, values: readonly unknown[]])[] = []
  Reflect.set(client, 'query', (query: { readonly text: string }, values: readonly unknown[] = []) => {
    sent.push([query.text, values])
    return Reflect.apply(original, client, [query, values])
  })
  await work().finally(() => Reflect.set(client, 'query', original))
  let rows = 0
  for (const [statement, values] of sent) {
    const explain = [`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`, [...values]]
    const answer = await Reflect.apply(original, client, explain)
    rows += rowsOf(answer.rows[0]['QUERY PLAN'][0].Plan)
  }
  return rows
}
