import type { Live, RoomState } from '@rostrum/client'
import { AuctionRoom } from './auction/auction-room.tsx'
import { Console } from './console/console.tsx'
import { useHere } from './here.ts'
import { SignIn } from './sign-in.tsx'
import { Chat } from './talk/chat.tsx'
import { TradeRoom } from './trade/trade-room.tsx'

/** What a room shows is of its kind. */
export function Room({ live }: { readonly live: Live<RoomState> }) {
  const { canModerate } = useHere()
  if (live.kind === 'loading') return <main className="room" aria-busy="true" />
  if (live.kind === 'refused') {
    return (
      <main className="room">
        <section id="refused">
          <h1>There is no such room</h1>
          <p className="soft">Or it is for others: {live.error.message}</p>
          <SignIn />
        </section>
      </main>
    )
  }
  const { room } = live.state
  return (
    <>
      <main className={`room ${room.kind.toLowerCase()}`}>
        {room.kind === 'AUCTION' ? (
          <AuctionRoom />
        ) : room.kind === 'TRADE' ? (
          <TradeRoom room={room} />
        ) : (
          <section className="taking-part">
            <h1>{room.name}</h1>
            <SignIn />
          </section>
        )}
        <Chat />
      </main>
      {canModerate && <Console room={room} />}
    </>
  )
}
