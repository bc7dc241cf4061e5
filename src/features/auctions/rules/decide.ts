import { accept, forbid } from '../../../engine/kernel/decision.ts'
import { canControl, canRunAuctions, canSeeAuctions } from './access.ts'
import type { AuctionState } from './auction.ts'
import { decideBid, decideBuyNow } from './bid.ts'
import { catchUp } from './catch-up.ts'
import type { AuctionCommand, CreateAuction } from './command.ts'
import type { AuctionContext, AuctionDecision } from './context.ts'
import { decideCancellation, decideEndWithRoom, decideHammer, decidePause, decideResume } from './control.ts'
import { decideCreation } from './create.ts'
import { foldAuction } from './evolve.ts'
import { withFunds } from './money.ts'
import { closing, isClosingDue } from './phase.ts'
import { reject } from './rejections.ts'
import { decideVoid, decideVoidOfBidder } from './void.ts'

type Change = Exclude<AuctionCommand, CreateAuction>
type Control = Exclude<Change, { kind: 'placeBid' | 'buyNow' | 'voidBid' | 'voidBidder' | 'applyDue' }>

/**
 * The rules of English auctions. Folding an accepted decision's events with `evolveAuction` gives the new state; each
 * public event becomes an entry that carries the state right after it.
 *
 * Whatever is due by the clock or the room comes first (`catchUp`), before any command. A closing that is due is left
 * to `applyDue`: until then all other commands treat the auction as ended.
 */
export function decideAuction(
  state: AuctionState | null,
  command: AuctionCommand,
  context: AuctionContext,
): AuctionDecision {
  if (command.kind === 'create') return decideCreation(state, command, context)
  if (state === null || !canSeeAuctions(context.actor, context.room)) {
    return reject('NOT_FOUND', 'Auction not found.')
  }
  const due = catchUp(state, context.room?.room, context.now)
  const current = foldAuction(state, due)
  const decision = withFunds(current, decideChange(current, command, context), context.wallets)
  return decision.kind === 'accepted' ? accept([...due, ...decision.events], decision.reply) : decision
}

function decideChange(state: AuctionState, command: Change, context: AuctionContext): AuctionDecision {
  const { now, actor, room } = context
  switch (command.kind) {
    case 'placeBid':
    case 'buyNow': {
      if (actor.kind === 'system' || room === undefined) return forbid('Only signed-in users can bid.')
      const bidding = { bidder: actor.person, room, now }
      return command.kind === 'placeBid'
        ? decideBid(state, command, bidding)
        : decideBuyNow(state, command, bidding)
    }
    case 'applyDue':
      if (actor.kind !== 'system') return forbid('Only the server applies due transitions.')
      if (room?.room.phase === 'ENDED') return decideEndWithRoom(state, now, room.room.endedAt ?? now)
      return accept(isClosingDue(state, now) ? [closing(state, now)] : [], { bid: null })
    case 'voidBid':
      if (!canRunAuctions(actor, room)) return forbid('Only those who run the room can void bids.')
      return decideVoid(state, command, context)
    case 'voidBidder':
      if (!canRunAuctions(actor, room)) return forbid('Only those who run the room void bids.')
      return decideVoidOfBidder(state, command, context)
    default:
      if (!canControl(actor, state, room)) return forbid('Only the seller and moderators can do this.')
      return decideControl(state, command, context)
  }
}

function decideControl(
  state: AuctionState,
  command: Control,
  { now, room }: AuctionContext,
): AuctionDecision {
  switch (command.kind) {
    case 'pause':
      return decidePause(state, now)
    case 'resume':
      return decideResume(state, room?.room, now)
    case 'hammer':
      return decideHammer(state, now)
    case 'cancel':
      return decideCancellation(state, command.reason, now)
  }
}
