import * as iso4217 from 'dinero.js/currencies'

const CODE = /^[A-Z][A-Z0-9]{2,7}$/

/** Maximum number of decimal places of a currency outside ISO 4217. */
const MAX_EXPONENT = 8

/** The rule of `isCurrency`, as a complete sentence. */
export const CURRENCY_RULE = 'The currency must be 3 to 8 capital letters and digits, such as EUR.'

/** 3 to 8 capital letters and digits, a letter first. */
export function isCurrency(text: string): boolean {
  return CODE.test(text)
}

/** A currency and the number of decimal places of its minor unit: 2 for `EUR`, 0 for `JPY`. */
export interface CurrencyTerms {
  readonly currency: string
  /** Absent in terms written before it was stored: see `exponentIn`. */
  readonly currencyExponent?: number
}

/**
 * The exponent of an ISO 4217 currency; undefined for every other code. From a fixed table: the data of platforms
 * (`Intl`) follows CLDR, which differs from ISO 4217 for dozens of currencies and from version to version.
 */
export function isoExponent(currency: string): number | undefined {
  return ISO_EXPONENTS.get(currency)
}

/** The exponent of amounts in these terms. */
export function exponentIn({ currency, currencyExponent }: CurrencyTerms): number {
  return currencyExponent ?? isoExponent(currency) ?? 0
}

export type ExponentChoice =
  | { readonly kind: 'exponent'; readonly exponent: number }
  /** A complete sentence. */
  | { readonly kind: 'fault'; readonly reason: string }

/**
 * The exponent for a new use of `currency`. `asked`: the caller's choice, if any. `fixed`: the exponent that the first
 * use of a currency outside ISO 4217 chose, if any.
 */
export function chooseExponent(
  currency: string,
  asked: number | undefined,
  fixed?: number | undefined,
): ExponentChoice {
  const iso = isoExponent(currency)
  if (iso !== undefined) {
    if (asked === undefined || asked === iso) return { kind: 'exponent', exponent: iso }
    return {
      kind: 'fault',
      reason: `ISO 4217 gives ${currency} the exponent ${iso}; omit it or send ${iso}.`,
    }
  }
  if (fixed !== undefined && asked !== undefined && asked !== fixed) {
    return {
      kind: 'fault',
      reason: `The first use of ${currency} gave it the exponent ${fixed}; omit it or send ${fixed}.`,
    }
  }
  const exponent = asked ?? fixed ?? 0
  if (Number.isInteger(exponent) && exponent >= 0 && exponent <= MAX_EXPONENT) {
    return { kind: 'exponent', exponent }
  }
  return {
    kind: 'fault',
    reason: `The exponent of a currency must be a whole number from 0 to ${MAX_EXPONENT}.`,
  }
}

/** `1050` of `EUR` is `10.50 EUR`; `1050` of `JPY` is `1050 JPY`. */
export function formatAmount(amount: number, terms: CurrencyTerms): string {
  const digits = exponentIn(terms)
  const whole = String(Math.abs(amount)).padStart(digits + 1, '0')
  const cut = whole.length - digits
  const text = digits === 0 ? whole : `${whole.slice(0, cut)}.${whole.slice(cut)}`
  return `${amount < 0 ? '-' : ''}${text} ${terms.currency}`
}

/** ISO 4217 assigns two decimal places to the two currencies whose unit has five parts (MGA, MRU). */
const DIGITS_OF_FIFTHS = 2

const ISO_EXPONENTS: ReadonlyMap<string, number> = new Map(
  Object.values(iso4217).map(({ code, base, exponent }) => [code, base === 10 ? exponent : DIGITS_OF_FIFTHS]),
)
