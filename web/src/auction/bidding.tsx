import { type Auction, type Currency, decimalOf, formatMoney, parseMoney } from '@rostrum/client'
import { type FormEvent, useState } from 'react'
import { isRefused, useCommand } from '../command.ts'
import { BuyNowDocument, PlaceBidDocument, type PlaceBidMutation } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import type { OwnBidding } from './own-bidding.ts'

/** What became of a bid, and the price that it was said of. */
interface Answer {
  readonly words: string
  readonly price: number
  /** How many bids had been voided. */
  readonly voids: number
}

/** Quick bids go so many steps beyond the least. */
const QUICK_STEPS = [0, 1, 3]

/** Quick bids, a ceiling, buying at once; and what became of it. */
export function Bidding({ auction, own }: { readonly auction: Auction; readonly own: OwnBidding }) {
  const { myId, isConnected } = useHere()
  const command = useCommand()
  const [answer, setAnswer] = useState<Answer>()
  const { voids } = own
  const { id: auctionId, minimumBid, currentPrice, startingPrice, buyNowPrice } = auction
  const ceiling = own.maximum !== null && own.maximum > (currentPrice ?? 0) ? own.maximum : null
  const isLeading = auction.leader?.id === myId
  const canBid = auction.phase === 'LIVE' && isConnected
  const step = minimumBid - (currentPrice ?? startingPrice) || Math.ceil(minimumBid / 20)

  async function bid(offer: { readonly amount: number } | { readonly maximum: number }): Promise<void> {
    setAnswer({ words: 'Sending…', price: Number.POSITIVE_INFINITY, voids })
    const input = { auctionId, idempotencyKey: newKey(), ...offer }
    hear(await command(PlaceBidDocument, { input }))
  }
  async function buy(price: number): Promise<void> {
    hear(await command(BuyNowDocument, { auctionId, price, idempotencyKey: newKey() }))
  }
  function hear(said: NonNullable<PlaceBidMutation['placeBid']> | Parameters<typeof refusal>[0]): void {
    if (isRefused(said)) {
      setAnswer({ words: refusal(said, auction), price: currentPrice ?? 0, voids })
      return
    }
    const { auction: then, outcome } = said
    own.setMaximum(then.myMaximum)
    setAnswer({ words: outcomeOf(outcome, then, auction), price: then.currentPrice ?? 0, voids })
  }
  function submitCeiling(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = event.currentTarget
    const typed = String(new FormData(form).get('ceiling'))
    form.reset()
    const maximum = parseMoney(typed, auction)
    if (maximum !== undefined) return void bid({ maximum })
    const words = `Type an amount such as ${decimalOf(minimumBid, auction)}.`
    setAnswer({ words, price: Number.POSITIVE_INFINITY, voids })
  }

  // What was said of one price is no longer so at another, unless it is still good.
  const isTrue =
    answer !== undefined && answer.voids === voids && (isLeading || (currentPrice ?? 0) <= answer.price)
  return (
    <div className="bidding" id="bidding">
      <div className="quick">
        {QUICK_STEPS.map((steps) => minimumBid + steps * step).map((amount, index) => (
          <button
            type="button"
            key={QUICK_STEPS[index]}
            id={index === 0 ? 'quick' : undefined}
            className={index === 0 ? 'main' : ''}
            disabled={!canBid || isLeading}
            onClick={() => void bid({ amount })}
          >
            <Label>
              {index > 0
                ? formatMoney(amount, auction)
                : isLeading
                  ? 'You lead'
                  : `Bid ${formatMoney(amount, auction)}`}
            </Label>
          </button>
        ))}
        {buyNowPrice !== null && (
          <button type="button" id="buy-now" disabled={!canBid} onClick={() => void buy(buyNowPrice)}>
            Buy now for {formatMoney(buyNowPrice, auction)}
          </button>
        )}
      </div>
      <form id="ceiling-form" onSubmit={submitCeiling}>
        <label className="field">
          <span>
            Your ceiling{' '}
            <span className="soft" id="currency">
              {ceiling === null ? `in ${auction.currency}` : `is ${formatMoney(ceiling, auction)}`}
            </span>
          </span>
          <input
            id="ceiling"
            name="ceiling"
            type="number"
            inputMode="decimal"
            required
            min={0}
            step={decimalOf(1, auction)}
            placeholder={decimalOf(minimumBid, auction)}
          />
        </label>
        <button id="ceiling-button" type="submit" disabled={!canBid}>
          Set
        </button>
      </form>
      <p className="note soft" id="answer" role="status">
        {isTrue ? answer.words : ''}
      </p>
    </div>
  )
}

/** Words in the middle of a button: others are another element, so that none moves. */
function Label({ children }: { readonly children: string }) {
  return <span key={children}>{children}</span>
}

interface Outcome {
  readonly currentPrice: number | null
  readonly myMaximum: number | null
}

function outcomeOf(
  outcome: Extract<PlaceBidMutation['placeBid'], { __typename: 'BidAccepted' }>['outcome'],
  { currentPrice, myMaximum }: Outcome,
  currency: Currency,
): string {
  const price = formatMoney(currentPrice ?? 0, currency)
  const said = {
    LEADING: `You lead at ${price}.`,
    LEADING_RESERVE_NOT_MET: `You lead at ${price}; the reserve is not met yet.`,
    OUTBID: `Taken, but another ceiling was higher: ${price} now.`,
    MAXIMUM_RAISED: 'You lead, and your ceiling was raised.',
    BOUGHT_NOW: `Yours for ${price}.`,
  }[outcome]
  const isCeiling = myMaximum !== null && myMaximum > (currentPrice ?? 0)
  return isCeiling ? `${said} Your ceiling: ${formatMoney(myMaximum, currency)}.` : said
}

interface Refusal {
  readonly __typename: 'Rejected'
  readonly code: string
  readonly reason: string
  readonly minimum?: number | null
  readonly available?: number | null
  readonly required?: number | null
}

function refusal({ code, reason, minimum, available, required }: Refusal, currency: Currency): string {
  if (code === 'BID_BELOW_MINIMUM' && minimum != null)
    return `The least is ${formatMoney(minimum, currency)} now.`
  if (code === 'INSUFFICIENT_FUNDS' && available != null && required != null) {
    return `You can spend ${formatMoney(available, currency)}; this needs ${formatMoney(required, currency)}.`
  }
  return reason
}
