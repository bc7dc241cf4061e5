import type { Brand } from './brand.ts'

/** A whole number of a currency's minor units, within ±(2^53 − 1). */
export type Amount = Brand<number, 'Amount'>

export function isAmount(value: number): value is Amount {
  return Number.isSafeInteger(value)
}

/** Brands `value` as an Amount. For checked numbers: throws RangeError for any other. */
export function amount(value: number): Amount {
  if (!isAmount(value)) throw new RangeError(`${value} is not a whole number of minor units`)
  return value
}
