import { type Auction, type Bid, formatMoney } from '@rostrum/client'
import { useAuction, useAuctions } from '@rostrum/client/react'
import { useState } from 'react'
import { useShownLot } from '../auction/shown-lot.ts'
import { isOver } from '../auction/standing.ts'
import { useCommand } from '../command.ts'
import {
  CancelAuctionDocument,
  HammerAuctionDocument,
  PauseAuctionDocument,
  ResumeAuctionDocument,
  VoidBidDocument,
} from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { useAnswer } from './answer.ts'
import { Confirm } from './confirm.tsx'
import { Tool } from './tool.tsx'

/** Acts on the lot that the page shows: pause, hammer, cancel; void a bid. */
export function LotControls() {
  const { roomId } = useHere()
  const { shownId, show } = useShownLot()
  const live = useAuctions(roomId)
  const { words, hear } = useAnswer()
  const all = live.kind === 'live' ? live.state : []
  const shown = all.find(({ id }) => id === shownId)
  const choices = all.filter((lot) => lot.id === shownId || !isOver(lot))
  return (
    <div className="tool" id="lot-controls">
      {choices.length === 0 ? (
        <p className="soft">No lot is up.</p>
      ) : (
        <label className="field">
          Current lot
          <select value={shown?.id} onChange={(event) => show(event.target.value)}>
            {choices.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      {shown !== undefined && <Controls key={shown.id} lot={shown} hear={hear} />}
      <output>{words}</output>
    </div>
  )
}

interface Props {
  readonly lot: Auction
  readonly hear: ReturnType<typeof useAnswer>['hear']
}

type Asking = 'hammer' | 'cancel' | { readonly bid: Bid; readonly reason: string }

function Controls({ lot, hear }: Props) {
  const command = useCommand()
  const [asking, setAsking] = useState<Asking>()
  const live = useAuction(lot.id)
  // The list is up to a second behind.
  const auction = live.kind === 'live' ? live.state.auction : lot
  const standing = live.kind === 'live' ? live.state.bids.filter(({ voidedAt }) => voidedAt === null) : []
  const { id: auctionId, phase, title } = auction
  if (isOver(auction)) return <p className="soft">This lot is over.</p>

  const cancel = (reason: string): void =>
    void hear(command(CancelAuctionDocument, { auctionId, reason }), `Cancelled: ${title}.`)
  const hammer = (): void =>
    void hear(command(HammerAuctionDocument, { auctionId }), `The hammer fell: ${title}.`)
  const voidBid = ({ bid, reason }: Exclude<Asking, string>): void =>
    void hear(command(VoidBidDocument, { bidId: bid.id, reason }), `Voided: ${nameOf(bid, auction)}.`)
  return (
    <>
      <p className="soft" id="lot-standing">
        {standingOf(auction)}
      </p>
      <div className="controls">
        {phase === 'LIVE' && (
          <button
            type="button"
            onClick={() => void hear(command(PauseAuctionDocument, { auctionId }), `Paused: ${title}.`)}
          >
            Pause
          </button>
        )}
        {phase === 'PAUSED' && (
          <button
            type="button"
            onClick={() => void hear(command(ResumeAuctionDocument, { auctionId }), `Resumed: ${title}.`)}
          >
            Resume
          </button>
        )}
        <button
          type="button"
          id="hammer"
          className="main"
          aria-disabled={phase !== 'LIVE'}
          onClick={() => phase === 'LIVE' && setAsking('hammer')}
        >
          Hammer…
        </button>
        <button type="button" id="cancel" onClick={() => setAsking('cancel')}>
          Cancel…
        </button>
      </div>
      <Tool
        id="void"
        act="Void…"
        isDisabled={standing.length === 0}
        onAct={async (form) => {
          const bid = standing.find(({ id }) => id === form.get('bid'))
          if (bid !== undefined) setAsking({ bid, reason: String(form.get('reason')) })
          return bid !== undefined
        }}
      >
        <label className="field">
          Bid
          <select name="bid" required>
            {standing.map((bid) => (
              <option key={bid.id} value={bid.id}>
                {nameOf(bid, auction)}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Reason
          <input name="reason" required maxLength={500} />
        </label>
      </Tool>
      {asking === 'hammer' && (
        <Confirm title={`Hammer: ${title}`} act="Let the hammer fall" onConfirm={hammer} onClose={close}>
          <p>{wordsOfHammer(auction)}</p>
        </Confirm>
      )}
      {asking === 'cancel' && (
        <Confirm
          title={`Cancel: ${title}`}
          act="Cancel the lot"
          onConfirm={(form) => cancel(String(form.get('reason')))}
          onClose={close}
        >
          <p>The lot is withdrawn for good, and no bid on it counts.</p>
          <label className="field">
            Reason, for the bidders
            <input name="reason" required maxLength={500} defaultValue="Withdrawn by the auctioneer." />
          </label>
        </Confirm>
      )}
      {typeof asking === 'object' && (
        <Confirm
          title={`Void: ${nameOf(asking.bid, auction)}`}
          act="Void the bid"
          onConfirm={() => voidBid(asking)}
          onClose={close}
        >
          <p>
            All later bids of {asking.bid.bidder.name} are voided as well, and the price is calculated again.
            Reason, for the bidder: {asking.reason}
          </p>
        </Confirm>
      )}
    </>
  )

  function close(): void {
    setAsking(undefined)
  }
}

function nameOf({ amount, bidder }: Bid, auction: Auction): string {
  return `${bidder.name}, ${formatMoney(amount, auction)}`
}

function standingOf(auction: Auction): string {
  const { leader, currentPrice, hasReserve, reserveMet } = auction
  const reserve = !hasReserve ? 'No reserve' : reserveMet ? 'Reserve met' : 'Reserve not met'
  return leader === null || currentPrice === null
    ? `No bids. ${reserve}.`
    : `${leader.name} leads at ${formatMoney(currentPrice, auction)}. ${reserve}.`
}

function wordsOfHammer(auction: Auction): string {
  const { leader, currentPrice, hasReserve, reserveMet } = auction
  if (leader === null || currentPrice === null) return 'Nobody has bid: there is no bid to sell to.'
  const offer = `${leader.name} for ${formatMoney(currentPrice, auction)}`
  return hasReserve && !reserveMet
    ? `The reserve is not met: the lot ends unsold, and not to ${offer}.`
    : `Sells to ${offer}.`
}
