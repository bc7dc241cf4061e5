import { usePositions } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { gain, number, numberIfKnown } from './number.ts'

export function Positions() {
  const { roomId } = useHere()
  const live = usePositions(roomId)
  const positions = live.kind === 'live' ? live.state.positions : []
  return (
    <section id="positions" aria-labelledby="positions-title">
      <h2 id="positions-title">Positions</h2>
      <ScrollArea labelledBy="positions-title">
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Symbol</th>
              <th scope="col">Quantity</th>
              <th scope="col">Bought at</th>
              <th scope="col">Now at</th>
              <th scope="col">Open gain</th>
              <th scope="col">Realised</th>
            </tr>
          </thead>
          <tbody>
            {positions.map((position) => (
              <tr key={`${position.user.id} ${position.symbol}`}>
                <td>{position.user.name}</td>
                <td>{position.symbol}</td>
                <td>{number(position.quantity)}</td>
                <td>{numberIfKnown(position.averageEntryPrice)}</td>
                <td>{numberIfKnown(position.markPrice)}</td>
                <td>{gain(position.unrealizedPnl)}</td>
                <td>{gain(position.realizedPnl)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  )
}

/** What everybody is worth, best first. */
export function Portfolios() {
  const { roomId } = useHere()
  const live = usePositions(roomId)
  const portfolios = live.kind === 'live' ? live.state.portfolios : []
  return (
    <section id="portfolios" aria-labelledby="portfolios-title">
      <h2 id="portfolios-title">Portfolios</h2>
      <ScrollArea labelledBy="portfolios-title">
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Worth</th>
              <th scope="col">Cash</th>
              <th scope="col">Open gain</th>
              <th scope="col">Realised</th>
            </tr>
          </thead>
          <tbody>
            {[...portfolios]
              .sort((one, other) => other.equity - one.equity)
              .map((portfolio) => (
                <tr key={portfolio.user.id}>
                  <td>{portfolio.user.name}</td>
                  <td>{number(portfolio.equity)}</td>
                  <td>{number(portfolio.cash)}</td>
                  <td>{gain(portfolio.unrealizedPnl)}</td>
                  <td>{gain(portfolio.realizedPnl)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  )
}
