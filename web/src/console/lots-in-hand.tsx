import { type Auction, formatMoney } from '@rostrum/client'
import { useAuction, useAuctions } from '@rostrum/client/react'
import { useState } from 'react'
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
import { Tool } from './tool.tsx'

/** The lots that are not over: pause, strike the hammer, cancel; strike a bid. */
export function LotsInHand() {
  const { roomId } = useHere()
  const live = useAuctions(roomId)
  const open = live.kind === 'live' ? live.state.filter((lot) => !isOver(lot)) : []
  const [chosenId, choose] = useState<string>()
  const lot = open.find(({ id }) => id === chosenId) ?? open[0]
  if (lot === undefined) return <p className="soft">No lot is up.</p>
  return (
    <div className="tool" id="lot-controls">
      <label className="field">
        Lot in hand
        <select value={lot.id} onChange={(event) => choose(event.target.value)}>
          {open.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <LotControls lot={lot} key={lot.id} />
    </div>
  )
}

function LotControls({ lot }: { readonly lot: Auction }) {
  const command = useCommand()
  const [words, hear] = useAnswer()
  const live = useAuction(lot.id)
  // The list is up to a second behind.
  const { id: auctionId, phase, title } = live.kind === 'live' ? live.state.auction : lot
  return (
    <>
      <div className="controls">
        {phase === 'LIVE' && (
          <button type="button" onClick={() => hear(command(PauseAuctionDocument, { auctionId }), 'Paused.')}>
            Pause
          </button>
        )}
        {phase === 'PAUSED' && (
          <button
            type="button"
            onClick={() => hear(command(ResumeAuctionDocument, { auctionId }), 'Resumed.')}
          >
            Resume
          </button>
        )}
        <button
          type="button"
          id="hammer"
          className="main"
          disabled={phase !== 'LIVE'}
          onClick={() => hear(command(HammerAuctionDocument, { auctionId }), `The hammer fell: ${title}.`)}
        >
          Hammer
        </button>
        <button
          type="button"
          onClick={() =>
            hear(
              command(CancelAuctionDocument, { auctionId, reason: 'Withdrawn by the auctioneer.' }),
              'Cancelled.',
            )
          }
        >
          Cancel
        </button>
      </div>
      <VoidForm auctionId={auctionId} hear={hear} />
      <output>{words}</output>
    </>
  )
}

interface VoidProps {
  readonly auctionId: string
  readonly hear: ReturnType<typeof useAnswer>[1]
}

/** Voids a bid and all later ones of its bidder; offers the latest bids that stand. */
function VoidForm({ auctionId, hear }: VoidProps) {
  const command = useCommand()
  const live = useAuction(auctionId)
  if (live.kind !== 'live') return null
  const { auction, bids } = live.state
  const standing = bids.filter(({ voidedAt }) => voidedAt === null)
  return (
    <Tool
      id="void"
      act="Strike"
      isDisabled={standing.length === 0}
      onAct={(form) => {
        const variables = { bidId: String(form.get('bid')), reason: String(form.get('reason')) }
        hear(command(VoidBidDocument, variables), 'Struck.')
      }}
    >
      <label className="field">
        Bid
        <select name="bid" required>
          {standing.map(({ id, amount, bidder }) => (
            <option key={id} value={id}>
              {formatMoney(amount, auction)}, {bidder.name}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        Reason
        <input name="reason" required maxLength={500} />
      </label>
    </Tool>
  )
}
