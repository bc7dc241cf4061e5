import type { Currency, Room } from '@rostrum/client'
import { useRoomLeaderboard } from '@rostrum/client/react'
import { currencyOf } from '../currency.ts'
import { useHere } from '../here.ts'
import { SignIn } from '../sign-in.tsx'
import { Standings } from '../standings.tsx'
import { number } from './number.ts'
import { Orders } from './orders.tsx'
import { Positions } from './positions.tsx'

/** Orders, positions and the ranking, as far as they are disclosed to the viewer. */
export function TradeRoom({ room }: { readonly room: Room }) {
  const { roomId, myId } = useHere()
  const ranking = useRoomLeaderboard(roomId)
  return (
    <>
      <h1 className="unseen">{room.name}</h1>
      {myId === null && (
        <section className="taking-part">
          <p>Sign in to see the orders and positions that are disclosed to members.</p>
          <SignIn />
        </section>
      )}
      {myId !== null && <Disclosed currency={currencyOf(room)} />}
      <section id="ranking" aria-labelledby="ranking-title">
        <h2 id="ranking-title">Ranking</h2>
        <Standings
          labelledBy="ranking-title"
          standings={ranking.kind === 'live' ? ranking.state : []}
          wordsFor={number}
        />
      </section>
    </>
  )
}

/** Subscribes once the viewer has joined; the server refuses others. */
function Disclosed({ currency }: { readonly currency: Currency | null }) {
  const { isMember } = useHere()
  if (!isMember) return <section id="orders" aria-busy="true" />
  return (
    <>
      <Orders currency={currency} />
      <Positions currency={currency} />
    </>
  )
}
