import { type Currency, formatMoney } from '@rostrum/client'

const format = new Intl.NumberFormat()
const signed = new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' })

/** A quantity, or a score. */
export function number(amount: number): string {
  return format.format(amount)
}

/** An amount of a trade room: a plain number without a currency, a dash if unknown. */
export function price(amount: number | null, currency: Currency | null): string {
  if (amount === null) return '–'
  return currency === null ? format.format(amount) : formatMoney(amount, currency)
}

/** +20, −3. */
export function gain(amount: number | null, currency: Currency | null): string {
  if (amount === null) return '–'
  if (currency === null) return signed.format(amount)
  return amount > 0 ? `+${formatMoney(amount, currency)}` : formatMoney(amount, currency)
}
