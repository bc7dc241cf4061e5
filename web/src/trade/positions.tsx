import type { Currency, Portfolio, Position } from '@rostrum/client'
import { usePositions } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { gain, number, price } from './number.ts'
import { type Row, Table } from './table.tsx'

const POSITION_COLUMNS = ['Who', 'Symbol', 'Quantity', 'Bought at', 'Now at', 'Open gain', 'Realised']
const PORTFOLIO_COLUMNS = ['Who', 'Worth', 'Cash', 'Open gain', 'Realised']

/** Positions, and portfolios by equity. */
export function Positions({ currency }: { readonly currency: Currency | null }) {
  const { roomId } = useHere()
  const live = usePositions(roomId)
  const { positions, portfolios } = live.kind === 'live' ? live.state : { positions: [], portfolios: [] }
  const ranked = [...portfolios].sort((one, other) => other.equity - one.equity)
  return (
    <>
      <Table
        id="positions"
        title="Positions"
        columns={POSITION_COLUMNS}
        rows={positions.map((each) => positionRow(each, currency))}
      />
      <Table
        id="portfolios"
        title="Portfolios"
        columns={PORTFOLIO_COLUMNS}
        rows={ranked.map((each) => portfolioRow(each, currency))}
      />
    </>
  )
}

function positionRow(position: Position, currency: Currency | null): Row {
  const { user, symbol, quantity, averageEntryPrice, markPrice, unrealizedPnl, realizedPnl } = position
  return {
    key: JSON.stringify([user.id, symbol]),
    cells: [
      user.name,
      symbol,
      number(quantity),
      price(averageEntryPrice, currency),
      price(markPrice, currency),
      gain(unrealizedPnl, currency),
      gain(realizedPnl, currency),
    ],
  }
}

function portfolioRow(portfolio: Portfolio, currency: Currency | null): Row {
  const { user, equity, cash, unrealizedPnl, realizedPnl } = portfolio
  return {
    key: user.id,
    cells: [
      user.name,
      price(equity, currency),
      price(cash, currency),
      gain(unrealizedPnl, currency),
      gain(realizedPnl, currency),
    ],
  }
}
