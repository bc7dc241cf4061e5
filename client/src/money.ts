/** A currency, and how many decimal digits its minor unit has: an auction has both, and so has a room with a currency. */
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
 * An amount in minor units for people to read, in their language: `200000` of HUF as `HUF 2,000.00`, `7` of POINTS as
 * `7 POINTS`. Never throws, whatever the code.
 */
export function formatMoney(amount: number, currency: Currency): string {
  const decimal = decimalOf(amount, currency)
  return isNumeric(decimal) ? formatOf(currency)(decimal) : decimal
}

/**
 * What a person typed, such as `12.34`, in minor units. Undefined where it is not a decimal number of 0 or more, has more
 * digits after the point than the currency, or is beyond what an amount can be.
 */
export function parseMoney(typed: string, { currencyExponent }: Currency): number | undefined {
  const [, whole = '', digits = ''] = DECIMAL.exec(typed.trim()) ?? []
  const fraction = digits.replace(/0+$/, '')
  if (`${whole}${digits}` === '' || fraction.length > currencyExponent) return undefined
  const amount = Number(`${whole}${fraction.padEnd(currencyExponent, '0')}`)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** An amount as a number field takes it: `200000` of HUF as `2000.00`. Exact for every amount. */
export function decimalOf(amount: number, { currencyExponent }: Currency): string {
  const digits = String(Math.abs(amount)).padStart(currencyExponent + 1, '0')
  const cut = digits.length - currencyExponent
  const decimal = currencyExponent === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  return amount < 0 ? `-${decimal}` : decimal
}

/** The digits after the point are the currency's, never those that `Intl` knows: it differs from ISO 4217. */
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
