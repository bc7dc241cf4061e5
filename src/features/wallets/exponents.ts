import { sql } from 'drizzle-orm'
import { isoExponent } from '../../engine/kernel/currency.ts'
import type { Executor, Transaction } from '../../engine/storage/database.ts'
import { currencies } from './tables.ts'

/** The exponents of `codes`, by ISO 4217 or by their first use. Currencies that nobody has used yet are left out. */
export async function readExponents(
  executor: Executor,
  codes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const known = codes.flatMap((code) => {
    const exponent = isoExponent(code)
    return exponent === undefined ? [] : [[code, exponent] as const]
  })
  const own = codes.filter((code) => isoExponent(code) === undefined)
  if (own.length === 0) return new Map(known)
  const rows = await executor
    .select()
    .from(currencies)
    .where(sql`${currencies.code} = ANY(${sql.param(own)})`)
  return new Map([...known, ...rows.map(({ code, exponent }) => [code, exponent] as const)])
}

/**
 * The exponent of `code`; undefined before its first use. Then the code is locked until the transaction ends: of two first
 * uses at once, the second sees what the first chose.
 */
export async function lockExponent(tx: Transaction, code: string): Promise<number | undefined> {
  const known = (await readExponents(tx, [code])).get(code)
  if (known !== undefined) return known
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`currency:${code}`}, 0))`)
  return (await readExponents(tx, [code])).get(code)
}

/** Fixes the exponent of a currency outside ISO 4217, unless it is fixed already. */
export async function fixExponent(tx: Transaction, code: string, exponent: number): Promise<void> {
  if (isoExponent(code) === undefined)
    await tx.insert(currencies).values({ code, exponent }).onConflictDoNothing()
}
