import {
  type OrderPayload as OrderPayloadShape,
  type PortfolioPayload as PortfolioPayloadShape,
  type PositionPayload as PositionPayloadShape,
  reportOrder,
  reportPortfolio,
  reportPosition,
} from '../resolvers/trade-mutations.ts'
import type { Builder } from './builder.ts'
import { asCallerOf } from './field.ts'
import { REPORT_KEY, REPORTED_AT, Rejected, STALE } from './result.ts'
import { ExecutionType, Order, OrderSide, OrderType, Portfolio, Position } from './trade.ts'

/** Reports of a trading service. */
export function addTradeMutations(builder: Builder): void {
  addOrderReports(builder)
  addPositionReports(builder)
  addPortfolioReports(builder)
}

function addOrderReports(builder: Builder): void {
  const OrderPayload = builder.objectRef<OrderPayloadShape>('OrderPayload').implement({
    fields: (t) => ({
      order: t.expose('order', { type: Order }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const OrderResult = builder.unionType('OrderResult', {
    types: [OrderPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : OrderPayload),
  })

  const ReportOrderInput = builder.inputType('ReportOrderInput', {
    description: '`executionId` makes a retry safe. TRADE needs lastQuantity and lastPrice.',
    fields: (t) => ({
      executionId: t.id({ required: true }),
      roomId: t.id({ required: true }),
      orderId: t.id({ required: true }),
      userId: t.id({ required: true }),
      symbol: t.string({ required: true }),
      side: t.field({ type: OrderSide, required: true }),
      type: t.field({ type: OrderType, required: true }),
      executionType: t.field({ type: ExecutionType, required: true }),
      quantity: t.field({ type: 'Amount', required: true }),
      limitPrice: t.field({ type: 'Amount' }),
      lastQuantity: t.field({ type: 'Amount' }),
      lastPrice: t.field({ type: 'Amount' }),
      rejectionReason: t.string(),
    }),
  })

  builder.mutationField('reportOrder', (t) =>
    t.field({
      type: OrderResult,
      description:
        "Services and administrators: reports what an engine decided. A TRADE also changes the user's position.",
      args: { input: t.arg({ type: ReportOrderInput, required: true }) },
      resolve: asCallerOf(reportOrder),
    }),
  )
}

function addPositionReports(builder: Builder): void {
  const PositionPayload = builder.objectRef<PositionPayloadShape>('PositionPayload').implement({
    fields: (t) => ({
      position: t.expose('position', { type: Position }),
      stale: t.exposeBoolean('stale', { description: STALE }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const PositionResult = builder.unionType('PositionResult', {
    types: [PositionPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : PositionPayload),
  })

  const ReportPositionInput = builder.inputType('ReportPositionInput', {
    description: 'Replaces everything known about the position: omitted values become unknown.',
    fields: (t) => ({
      roomId: t.id({ required: true }),
      userId: t.id({ required: true }),
      symbol: t.string({ required: true }),
      quantity: t.field({ type: 'Amount', required: true }),
      averageEntryPrice: t.field({ type: 'Amount' }),
      markPrice: t.field({ type: 'Amount' }),
      realizedPnl: t.field({ type: 'Amount', description: 'Zero where left out.' }),
      reportedAt: t.field({ type: 'DateTime', description: REPORTED_AT }),
      idempotencyKey: t.string({ description: REPORT_KEY }),
    }),
  })

  builder.mutationField('reportPosition', (t) =>
    t.field({
      type: PositionResult,
      description: 'Services and administrators.',
      args: { input: t.arg({ type: ReportPositionInput, required: true }) },
      resolve: asCallerOf(reportPosition),
    }),
  )
}

function addPortfolioReports(builder: Builder): void {
  const PortfolioPayload = builder.objectRef<PortfolioPayloadShape>('PortfolioPayload').implement({
    fields: (t) => ({
      portfolio: t.expose('portfolio', { type: Portfolio }),
      stale: t.exposeBoolean('stale', { description: STALE }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const PortfolioResult = builder.unionType('PortfolioResult', {
    types: [PortfolioPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : PortfolioPayload),
  })

  const ReportPortfolioInput = builder.inputType('ReportPortfolioInput', {
    fields: (t) => ({
      roomId: t.id({ required: true }),
      userId: t.id({ required: true }),
      cash: t.field({ type: 'Amount', required: true }),
      equity: t.field({ type: 'Amount', required: true }),
      realizedPnl: t.field({ type: 'Amount', description: 'Zero where left out.' }),
      unrealizedPnl: t.field({ type: 'Amount', description: 'Zero where left out.' }),
      reportedAt: t.field({ type: 'DateTime', description: REPORTED_AT }),
      idempotencyKey: t.string({ description: REPORT_KEY }),
    }),
  })

  builder.mutationField('reportPortfolio', (t) =>
    t.field({
      type: PortfolioResult,
      description: 'Services and administrators.',
      args: { input: t.arg({ type: ReportPortfolioInput, required: true }) },
      resolve: asCallerOf(reportPortfolio),
    }),
  )
}
