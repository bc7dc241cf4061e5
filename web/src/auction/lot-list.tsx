import { formatMoney } from '@rostrum/client'
import { useHere } from '../here.ts'
import { timeOf } from '../time.ts'
import type { Lot } from './earlier-lots.ts'
import { endedLots, openLots } from './order.ts'
import { isOver, standing } from './standing.ts'

interface Props {
  readonly lots: readonly Lot[]
  readonly shownId: string | undefined
  readonly onShow: (auctionId: string) => void
}

/** The lots of a room: open ones by their end, then ended ones, latest first. */
export function LotList({ lots, shownId, onShow }: Props) {
  const { myId } = useHere()
  return (
    <ul>
      {[...openLots(lots), ...endedLots(lots)].map((lot) => (
        <li key={lot.id}>
          <button
            type="button"
            className="row"
            aria-current={lot.id === shownId ? 'true' : undefined}
            onClick={() => onShow(lot.id)}
          >
            <span className="line" title={lot.title} dir="auto">
              {lot.title}
            </span>
            <span className="soft">{said(lot)}</span>
          </button>
        </li>
      ))}
    </ul>
  )

  function said(lot: Lot): string {
    const { phase, startsAt, currentPrice, startingPrice } = lot
    if (isOver(lot)) return standing(lot, myId, 'none')
    const price = formatMoney(currentPrice ?? startingPrice, lot)
    if (phase === 'SCHEDULED') return `at ${timeOf(startsAt)}, from ${price}`
    return phase === 'PAUSED' ? `${price}, paused` : price
  }
}
