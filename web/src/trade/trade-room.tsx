import type { Currency, Room } from '@rostrum/client'
import { useRoomLeaderboard } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { SignIn } from '../sign-in.tsx'
import { Standings } from '../standings.tsx'
import { currencyOf, number } from './number.ts'
import { Orders } from './orders.tsx'
import { Positions } from './positions.tsx'

/** Orders, positions and the ranking, as far as they are disclosed to who is before the page. */
export function TradeRoom({ room }: { readonly room: Room }) {
  const { roomId, myId } = useHere()
  const ranking = useRoomLeaderboard(roomId)
  return (
    <>
      {myId === null && (
        <section className="taking-part">
          <p>Who is signed in sees what is disclosed to members.</p>
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

/** Asked for once it is known that there may be something to see: who has not joined is refused. */
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
