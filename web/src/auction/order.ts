import type { Lot } from './earlier-lots.ts'
import { isOver } from './standing.ts'

/** The open lots, the one that ends next first. */
export function openLots(lots: readonly Lot[]): readonly Lot[] {
  return lots.filter((lot) => !isOver(lot)).sort(by(({ endsAt }) => endsAt))
}

/** The lots that are over, the one that ended last first. */
export function endedLots(lots: readonly Lot[]): readonly Lot[] {
  return lots.filter(isOver).sort(by(endOf)).reverse()
}

const endOf = ({ endedAt, endsAt }: Lot): string => endedAt ?? endsAt

/** Compares by an instant, then by id. */
function by(instantOf: (lot: Lot) => string): (one: Lot, other: Lot) => number {
  return (one, other) => {
    const [first, second] = [`${instantOf(one)} ${one.id}`, `${instantOf(other)} ${other.id}`]
    return first < second ? -1 : first > second ? 1 : 0
  }
}
