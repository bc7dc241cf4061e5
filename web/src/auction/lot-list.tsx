import { type Auction, formatMoney } from '@rostrum/client'
import { useHere } from '../here.ts'
import { timeOf } from '../time.ts'
import { isOver, standing } from './standing.ts'

interface Props {
  readonly lots: readonly Auction[]
  readonly shownId: string | undefined
  readonly onShow: (auctionId: string) => void
}

/** Of those that are over, the latest. */
const MAX_OVER = 20

/** What is up, what comes, and what was sold since the page was opened. */
export function LotList({ lots, shownId, onShow }: Props) {
  const { myId } = useHere()
  const open = lots.filter((lot) => !isOver(lot))
  const over = lots.filter(isOver).slice(-MAX_OVER).reverse()
  return (
    <ul>
      {[...open, ...over].map((lot) => (
        <li key={lot.id}>
          <button
            type="button"
            className="row"
            aria-current={lot.id === shownId ? 'true' : undefined}
            onClick={() => onShow(lot.id)}
          >
            <span className="line">{lot.title}</span>
            <span className="soft">{said(lot)}</span>
          </button>
        </li>
      ))}
    </ul>
  )

  function said(lot: Auction): string {
    const { phase, startsAt, currentPrice, startingPrice } = lot
    if (isOver(lot)) return standing(lot, myId, 'none')
    const price = formatMoney(currentPrice ?? startingPrice, lot)
    if (phase === 'SCHEDULED') return `at ${timeOf(startsAt)}, from ${price}`
    return phase === 'PAUSED' ? `${price}, paused` : price
  }
}
