import type { Currency, Order } from '@rostrum/client'
import { useOrders } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { number, price } from './number.ts'
import { type Row, Table } from './table.tsx'

const COLUMNS = ['Who', 'Order', 'Filled', 'At', 'Status']
const STATUSES = {
  NEW: 'open',
  PARTIALLY_FILLED: 'partly filled',
  FILLED: 'filled',
  CANCELED: 'cancelled',
  EXPIRED: 'expired',
  REJECTED: 'rejected',
}

/** Latest change first. */
export function Orders({ currency }: { readonly currency: Currency | null }) {
  const { roomId } = useHere()
  const live = useOrders(roomId)
  const rows = live.kind === 'live' ? live.state.map((order) => rowOf(order, currency)) : []
  return <Table id="orders" title="Orders" columns={COLUMNS} rows={rows} />
}

function rowOf(order: Order, currency: Currency | null): Row {
  const { id, user, side, symbol, quantity, filledQuantity, limitPrice, averagePrice, status } = order
  const limit = limitPrice === null ? '' : ` for ${price(limitPrice, currency)}`
  return {
    key: id,
    cells: [
      user.name,
      `${side === 'BUY' ? 'Buy' : 'Sell'} ${number(quantity)} ${symbol}${limit}`,
      `${number(filledQuantity)} of ${number(quantity)}`,
      price(averagePrice, currency),
      STATUSES[status],
    ],
    hint: order.rejectionReason,
  }
}
