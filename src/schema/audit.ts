import { TRANSFER_KINDS } from '../features/wallets/rules/wallet.ts'
import { STATEMENT } from '../platform/limits/field-cost.ts'
import {
  type AuctionAudit as AuctionAuditShape,
  type AuditEntry as AuditEntryShape,
  type AuditedOffer,
  type AuditedTransfer,
  auctionAudit,
  auditEntries,
  auditOffers,
} from '../resolvers/audit.ts'
import { Auction } from './auction.ts'
import type { Builder, TypeOf } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { User } from './person.ts'

/** Administrators read up to 1000 rows at once: the statement weighs more, and the list counts as one short page. */
const LONG_PAGE = { weight: 2 * STATEMENT, size: 20, maxSize: 20 } as const

/** The audit of an auction, for administrators. */
export function addAuctionAudit(builder: Builder): void {
  const AuditEntry = auditEntry(builder)
  const AuditOffer = auditOffer(builder)

  const AuctionAudit = builder.objectRef<AuctionAuditShape>('AuctionAudit').implement({
    description: 'The audit trail of one auction: enough to replay the sale.',
    fields: (t) => ({
      auction: t.expose('auction', { type: Auction }),
      reservePrice: t.expose('reservePrice', {
        type: 'Amount',
        nullable: true,
        description: 'The seller’s secret.',
      }),
      entries: t.field({
        type: [AuditEntry],
        description: 'In order. `first` defaults to 100 and is at most 1000.',
        args: { first: t.arg.int(), after: t.arg({ type: 'Cursor' }) },
        ...costs(LONG_PAGE),
        resolve: auditEntries,
      }),
      offers: t.field({
        type: [AuditOffer],
        description: 'In order. `first` defaults to 100 and is at most 1000.',
        args: { first: t.arg.int(), afterSequence: t.arg.int() },
        ...costs(LONG_PAGE),
        resolve: auditOffers,
      }),
    }),
  })

  builder.queryField('auctionAudit', (t) =>
    t.field({
      type: AuctionAudit,
      nullable: true,
      description: 'For administrators: who did what to an auction, when, why, and what money it moved.',
      args: { auctionId: t.arg.id({ required: true }) },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(auctionAudit),
    }),
  )
}

function auditEntry(builder: Builder): TypeOf<AuditEntryShape> {
  const LedgerTransfer = ledgerTransfer(builder)

  return builder.objectRef<AuditEntryShape>('AuditEntry').implement({
    description: 'One entry of the history, as stored.',
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'Cursor' }),
      offset: t.exposeInt('offset'),
      at: t.expose('at', { type: 'DateTime' }),
      type: t.exposeString('type', { description: 'The name of the event’s type.' }),
      actor: t.expose('actor', {
        type: User,
        nullable: true,
        description: 'The user who sent the command; null for the server itself.',
      }),
      data: t.expose('data', {
        type: 'JSON',
        description: 'The stored event, including the state right after it.',
      }),
      transfers: t.expose('transfers', {
        type: [LedgerTransfer],
        ...costs({ size: 2 }),
        description:
          'The transfers of the commands up to this entry, including those that produced no entry of their own.',
      }),
    }),
  })
}

function ledgerTransfer(builder: Builder): TypeOf<AuditedTransfer> {
  const TransferKind = builder.enumType('TransferKind', {
    description:
      'CREDIT and DEBIT move between the house and the available balance of a user, HOLD and RELEASE between the available and the held ' +
      'balance, CAPTURE from the held balance of the winner to the available balance of the seller.',
    values: TRANSFER_KINDS,
  })

  return builder.objectRef<AuditedTransfer>('LedgerTransfer').implement({
    description: 'One row of the double-entry ledger. Accounts are house, available:USER and held:USER.',
    fields: (t) => ({
      sequence: t.exposeInt('sequence'),
      kind: t.expose('kind', { type: TransferKind }),
      currency: t.exposeString('currency'),
      amount: t.expose('amount', { type: 'Amount' }),
      debit: t.exposeString('debit'),
      credit: t.exposeString('credit'),
      at: t.expose('at', { type: 'DateTime' }),
    }),
  })
}

function auditOffer(builder: Builder): TypeOf<AuditedOffer> {
  const OfferKind = builder.enumType('OfferKind', {
    description: 'AMOUNT: bid exactly this. MAXIMUM: the server bids on behalf of the bidder, up to this.',
    values: { AMOUNT: { value: 'amount' }, MAXIMUM: { value: 'maximum' } } as const,
  })

  return builder.objectRef<AuditedOffer>('AuditOffer').implement({
    description: 'One accepted bidding command, whether or not it produced a visible bid.',
    fields: (t) => ({
      sequence: t.exposeInt('sequence', { description: 'Order of acceptance.' }),
      bidder: t.expose('bidder', { type: User }),
      kind: t.expose('kind', { type: OfferKind }),
      offer: t.expose('offer', { type: 'Amount' }),
      ceiling: t.expose('ceiling', { type: 'Amount', description: 'The bidder’s maximum from then on.' }),
      bidId: t.exposeID('bidId', {
        nullable: true,
        description: 'The visible bid that it produced, if any.',
      }),
      at: t.expose('at', { type: 'DateTime' }),
      voidedAt: t.expose('voidedAt', { type: 'DateTime', nullable: true }),
      voidReason: t.exposeString('voidReason', { nullable: true }),
      voidedBy: t.exposeID('voidedBy', { nullable: true }),
    }),
  })
}
