import { type Amount, amount } from '../../../engine/kernel/amount.ts'

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/** `numerator` ÷ `denominator` (which must be positive), rounded half away from zero. */
export function quotient(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator
  const rounded = (2n * size + denominator) / (2n * denominator)
  return numerator < 0n ? -rounded : rounded
}

/** Whether an Amount can hold `value`. */
export function fits(value: bigint): boolean {
  return value >= -MOST && value <= MOST
}

/** Throws RangeError if `value` does not fit: for values checked before they were stored. */
export function asAmount(value: bigint): Amount {
  return amount(Number(value))
}

export function sizeOf(value: bigint): bigint {
  return value < 0n ? -value : value
}
