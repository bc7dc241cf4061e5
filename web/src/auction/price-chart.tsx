import { type Auction, type Bid, formatMoney } from '@rostrum/client'
import { memo } from 'react'

const WIDTH = 300
const HEIGHT = 100

interface Props {
  readonly auction: Auction
  /** Newest first. */
  readonly bids: readonly Bid[]
  /** Whether `bids` goes back to the first. */
  readonly isComplete: boolean
}

/** The price over the bids, one step each. */
export const PriceChart = memo(function PriceChart({ auction, bids, isComplete }: Props) {
  const { startingPrice } = auction
  const steps = bids.filter(({ voidedAt }) => voidedAt === null).reverse()
  const amounts = steps.map(({ amount }) => amount)
  const low = amounts[0] ?? startingPrice
  const high = amounts.at(-1) ?? startingPrice
  const words =
    amounts.length === 0
      ? `No bids; it starts at ${formatMoney(startingPrice, auction)}`
      : `${formatMoney(low, auction)} to ${formatMoney(high, auction)}, ${counted(amounts.length, isComplete)}`
  return (
    <>
      <h2 id="chart-title">Price</h2>
      <svg
        className="chart"
        role="img"
        aria-label={words}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        <path d={pathOf(amounts, low, high)} />
      </svg>
      <p className="soft" id="chart-words">
        {amounts.length > 0 && words}
      </p>
    </>
  )
})

function counted(count: number, isComplete: boolean): string {
  const bids = count === 1 ? 'bid' : 'bids'
  return isComplete ? `over ${count} ${bids}` : `the latest ${count} ${bids}`
}

/** Steps up from the lower left to the upper right. */
function pathOf(amounts: readonly number[], low: number, high: number): string {
  if (amounts.length === 0) return ''
  const x = (index: number): number => (index / amounts.length) * WIDTH
  const y = (amount: number): number => HEIGHT - 4 - ((amount - low) / (high - low || 1)) * (HEIGHT - 8)
  const points = amounts.map((amount, index) => `V${y(amount).toFixed(1)}H${x(index + 1).toFixed(1)}`)
  return `M0 ${y(low).toFixed(1)}${points.join('')}`
}
