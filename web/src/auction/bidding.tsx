import { type Auction, type Currency, decimalOf, formatMoney, parseMoney } from '@rostrum/client'
import { type FormEvent, useState } from 'react'
import { isRefused, useCommand } from '../command.ts'
import { BuyNowDocument, PlaceBidDocument, type PlaceBidMutation } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { useFocusAfterSignIn } from '../session.ts'
import type { OwnBidding } from './own-bidding.ts'

/** The answer to a bid. */
type Answer =
  /** Stays until the next bid. */
  | { readonly kind: 'refused'; readonly words: string }
  /** Hidden once the price has changed or bids were voided. */
  | { readonly kind: 'taken'; readonly words: string; readonly price: number; readonly voids: number }
  | { readonly kind: 'sent' }

/** The quick bids, in steps above the minimum. */
const QUICK_STEPS = [0, 1, 3]

/** Quick bids, a maximum, buy now, and the answer. */
export function Bidding({ auction, own }: { readonly auction: Auction; readonly own: OwnBidding }) {
  const { myId, isConnected, barred } = useHere()
  const command = useCommand()
  const [answer, setAnswer] = useState<Answer>()
  const focusHere = useFocusAfterSignIn(true)
  const { voids } = own
  const { id: auctionId, minimumBid, currentPrice, startingPrice, buyNowPrice } = auction
  const ceiling = own.maximum !== null && own.maximum > (currentPrice ?? 0) ? own.maximum : null
  const isLeading = auction.leader?.id === myId
  const canBid = auction.phase === 'LIVE' && isConnected && barred === undefined
  const step = minimumBid - (currentPrice ?? startingPrice) || Math.ceil(minimumBid / 20)
  // The leader can raise the maximum by any amount; others must bid the next step.
  const least = isLeading ? (currentPrice ?? 0) + 1 : minimumBid

  async function bid(offer: { readonly amount: number } | { readonly maximum: number }): Promise<void> {
    setAnswer({ kind: 'sent' })
    const input = { auctionId, idempotencyKey: newKey(), ...offer }
    hear(await command(PlaceBidDocument, { input }))
  }
  async function buy(price: number): Promise<void> {
    setAnswer({ kind: 'sent' })
    hear(await command(BuyNowDocument, { auctionId, price, idempotencyKey: newKey() }))
  }
  function hear(said: NonNullable<PlaceBidMutation['placeBid']> | Parameters<typeof refusal>[0]): void {
    if (isRefused(said)) {
      setAnswer({ kind: 'refused', words: refusal(said, auction) })
      return
    }
    const { auction: then, outcome } = said
    own.setMaximum(then.myMaximum)
    const words = outcomeOf(outcome, then, auction)
    setAnswer({ kind: 'taken', words, price: then.currentPrice ?? 0, voids })
  }
  function submitCeiling(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    if (!canBid) return
    const form = event.currentTarget
    const typed = String(new FormData(form).get('ceiling'))
    const maximum = parseMoney(typed, auction)
    if (maximum === undefined) {
      const words = `Type an amount such as ${decimalOf(least, auction)}.`
      setAnswer({ kind: 'refused', words })
      return
    }
    form.reset()
    void bid({ maximum })
  }

  return (
    <div className="bidding" id="bidding">
      <div className="quick">
        {QUICK_STEPS.map((steps) => minimumBid + steps * step).map((amount, index) => (
          // Not `disabled`, which would drop the keyboard focus.
          <button
            type="button"
            key={QUICK_STEPS[index]}
            ref={index === 0 ? focusHere : undefined}
            id={index === 0 ? 'quick' : undefined}
            className={index === 0 ? 'main' : ''}
            aria-disabled={!canBid || isLeading}
            onClick={() => canBid && !isLeading && void bid({ amount })}
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
          <button
            type="button"
            id="buy-now"
            aria-disabled={!canBid}
            onClick={() => canBid && void buy(buyNowPrice)}
          >
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
            placeholder={decimalOf(least, auction)}
          />
        </label>
        <button id="ceiling-button" type="submit" aria-disabled={!canBid}>
          Set
        </button>
      </form>
      <p className={answer?.kind === 'refused' ? 'note refused' : 'note soft'} id="answer" role="status">
        {barred ?? said()}
      </p>
    </div>
  )

  function said(): string {
    if (answer === undefined) return ''
    if (answer.kind === 'sent') return 'Sending…'
    if (answer.kind === 'refused') return answer.words
    const isTrue = answer.voids === voids && (isLeading || (currentPrice ?? 0) <= answer.price)
    return isTrue ? answer.words : ''
  }
}

/** The label of a button. A new label is a new element, so that browsers report no layout shift. */
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
    return `Not taken: the least was ${formatMoney(minimum, currency)}.`
  if (code === 'INSUFFICIENT_FUNDS' && available != null && required != null) {
    return `You can spend ${formatMoney(available, currency)}; this needs ${formatMoney(required, currency)}.`
  }
  if (code === 'BAD_USER_INPUT') return 'Not taken: the server does not accept this amount.'
  return reason
}
