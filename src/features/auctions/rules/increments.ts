import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { AuctionTerms, IncrementBand } from './auction.ts'

/** Used if an auction defines no table of its own. */
export const DEFAULT_INCREMENTS: readonly IncrementBand[] = [
  band(1, 5),
  band(100, 25),
  band(500, 50),
  band(2_500, 100),
  band(10_000, 250),
  band(25_000, 500),
  band(50_000, 1_000),
  band(100_000, 2_500),
  band(250_000, 5_000),
  band(500_000, 10_000),
]

function band(from: number, step: number): IncrementBand {
  return { from: amount(from), step: amount(step) }
}

/** The step at `price`: that of the last band starting at or below it, or of the first band if `price` is below all. */
export function incrementAt(terms: Pick<AuctionTerms, 'increments'>, price: Amount): Amount {
  const reached = terms.increments.findLast((candidate) => candidate.from <= price)
  return reached?.step ?? terms.increments[0]?.step ?? amount(1)
}

/** One step above `price`. */
export function stepAbove(terms: Pick<AuctionTerms, 'increments'>, price: Amount): Amount {
  return raise(price, incrementAt(terms, price))
}

/** `price` plus `by`, capped at the largest amount: an auction that reaches it must remain readable. */
export function raise(price: Amount, by: number): Amount {
  return amount(Math.min(price + by, Number.MAX_SAFE_INTEGER))
}
