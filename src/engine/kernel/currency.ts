import * as iso4217 from 'dinero.js/currencies'

const CODE = /^[A-Z][A-Z0-9]{2,7}$/

/** The most digits that a currency outside ISO 4217 may have after the decimal point. */
const MAX_EXPONENT = 8

/** The rule of `isCurrency`, a whole sentence. */
export const CURRENCY_RULE = 'The currency must be 3 to 8 capital letters and digits, such as EUR.'

/** 3 to 8 capital letters and digits, a letter first. */
export function isCurrency(text: string): boolean {
  return CODE.test(text)
}

/** A currency, and how many decimal digits its minor unit is behind its major one: 2 of `EUR`, 0 of `JPY`. */
export interface CurrencyTerms {
  readonly currency: string
  /** Absent where the terms were written before it was recorded: see `exponentIn`. */
  readonly currencyExponent?: number
}

/**
 * The exponent of an ISO 4217 currency; undefined for every other code. From a fixed table: what platforms know
 * (`Intl`) follows CLDR, which differs from ISO 4217 for dozens of currencies and from version to version.
 */
export function isoExponent(currency: string): number | undefined {
  return ISO_EXPONENTS.get(currency)
}

/** The exponent that amounts in these terms have. */
export function exponentIn({ currency, currencyExponent }: CurrencyTerms): number {
  return currencyExponent ?? isoExponent(currency) ?? 0
}

export type ExponentChoice =
  | { readonly kind: 'exponent'; readonly exponent: number }
  /** A whole sentence. */
  | { readonly kind: 'fault'; readonly reason: string }

/**
 * The exponent for a new use of `currency`; `asked`: what the caller gave, if anything; `fixed`: of a currency outside
 * ISO 4217, what its first use chose.
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

/** ISO 4217 has no bases: it gives the two currencies whose unit has five parts (MGA, MRU) two decimal digits. */
const DIGITS_OF_FIFTHS = 2

const ISO_EXPONENTS: ReadonlyMap<string, number> = new Map(
  Object.values(iso4217).map(({ code, base, exponent }) => [code, base === 10 ? exponent : DIGITS_OF_FIFTHS]),
)
