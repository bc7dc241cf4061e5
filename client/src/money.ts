/** A currency and the number of decimal digits of its minor unit. Auctions, and rooms with a currency, have both fields. */
export interface Currency {
  readonly currency: string
  readonly currencyExponent: number
}

/** `Intl` throws for every other code. */
const FORMATTED_BY_INTL = /^[A-Z]{3}$/
const NO_BREAK_SPACE = '\u00a0'
const DECIMAL = /^(\d*)(?:\.(\d*))?$/

type Format = (decimal: `${number}`) => string

const formats = new Map<string, Format>()

/**
 * Formats an amount in minor units in the user's locale: `200000` of HUF as `HUF 2,000.00`, `7` of POINTS as `7 POINTS`. Never
 * throws, whatever the currency code.
 */
export function formatMoney(amount: number, currency: Currency): string {
  const decimal = decimalOf(amount, currency)
  return isNumeric(decimal) ? formatOf(currency)(decimal) : decimal
}

/**
 * Parses user input such as `12.34` into minor units. Undefined if it is not a non-negative decimal number, has more decimal
 * digits than the currency, or exceeds the largest amount.
 */
export function parseMoney(typed: string, { currencyExponent }: Currency): number | undefined {
  const [, whole = '', digits = ''] = DECIMAL.exec(typed.trim()) ?? []
  const fraction = digits.replace(/0+$/, '')
  if (`${whole}${digits}` === '' || fraction.length > currencyExponent) return undefined
  const amount = Number(`${whole}${fraction.padEnd(currencyExponent, '0')}`)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** An amount as the value of a number input: `200000` of HUF as `2000.00`. Exact for every amount. */
export function decimalOf(amount: number, { currencyExponent }: Currency): string {
  const digits = String(Math.abs(amount)).padStart(currencyExponent + 1, '0')
  const cut = digits.length - currencyExponent
  const decimal = currencyExponent === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  return amount < 0 ? `-${decimal}` : decimal
}

/** Decimal digits come from the currency, not from `Intl`, whose digits differ from ISO 4217. */
function formatOf({ currency, currencyExponent: digits }: Currency): Format {
  const key = `${currency} ${digits}`
  const known = formats.get(key)
  if (known !== undefined) return known
  const isKnownToIntl = FORMATTED_BY_INTL.test(currency)
  const numbers = new Intl.NumberFormat(undefined, {
    ...(isKnownToIntl ? { style: 'currency', currency } : {}),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  const format: Format = isKnownToIntl
    ? (decimal) => numbers.format(decimal)
    : (decimal) => `${numbers.format(decimal)}${NO_BREAK_SPACE}${currency}`
  formats.set(key, format)
  return format
}

function isNumeric(decimal: string): decimal is `${number}` {
  return Number.isFinite(Number(decimal))
}
