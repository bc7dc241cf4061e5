import type { Currency } from '@rostrum/client'

/** The currency of a room's amounts, if it has one. */
export function currencyOf(room: {
  readonly currency: string | null
  readonly currencyExponent: number | null
}): Currency | null {
  const { currency, currencyExponent } = room
  return currency === null || currencyExponent === null ? null : { currency, currencyExponent }
}
