import { useOrders } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { number, numberIfKnown } from './number.ts'

const STATUSES = {
  NEW: 'open',
  PARTIALLY_FILLED: 'partly filled',
  FILLED: 'filled',
  CANCELED: 'cancelled',
  EXPIRED: 'expired',
  REJECTED: 'rejected',
}

/** The latest to change first. */
export function Orders() {
  const { roomId } = useHere()
  const live = useOrders(roomId)
  const orders = live.kind === 'live' ? live.state : []
  return (
    <section id="orders" aria-labelledby="orders-title">
      <h2 id="orders-title">Orders</h2>
      {live.kind === 'refused' && <p className="soft">{live.error.message}</p>}
      <ScrollArea labelledBy="orders-title">
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Order</th>
              <th scope="col">Filled</th>
              <th scope="col">At</th>
              <th scope="col">Status</th>
            </tr>
          </thead>
          <tbody>
            {orders.map((order) => (
              <tr key={order.id}>
                <td>{order.user.name}</td>
                <td>
                  {order.side === 'BUY' ? 'Buy' : 'Sell'} {number(order.quantity)} {order.symbol}
                  {order.limitPrice !== null && ` for ${number(order.limitPrice)}`}
                </td>
                <td>
                  {number(order.filledQuantity)} of {number(order.quantity)}
                </td>
                <td>{numberIfKnown(order.averagePrice)}</td>
                <td title={order.rejectionReason ?? undefined}>{STATUSES[order.status]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  )
}
