import type { Live, Room as RoomParts, RoomState, RostrumError } from '@rostrum/client'
import { useAuctions } from '@rostrum/client/react'
import { AuctionRoom } from './auction/auction-room.tsx'
import { ShownLotProvider, useChoiceOfLot } from './auction/shown-lot.ts'
import { Console } from './console/console.tsx'
import { useHere } from './here.ts'
import { signOut, useSeat, useTokenProblem } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { Chat } from './talk/chat.tsx'
import { TradeRoom } from './trade/trade-room.tsx'

/** The room in the URL, by its kind; an explanation if it cannot be shown. */
export function Room({ live }: { readonly live: Live<RoomState> }) {
  const { canModerate } = useHere()
  if (live.kind === 'loading') return <Loading />
  if (live.kind === 'refused') return <Refused error={live.error} />
  const { room } = live.state
  if (room.kind === 'AUCTION') return <Sale room={room} canModerate={canModerate} />
  return (
    <>
      <main className={`room ${room.kind.toLowerCase()}`}>
        {room.kind === 'TRADE' ? (
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

function Sale({ room, canModerate }: { readonly room: RoomParts; readonly canModerate: boolean }) {
  const live = useAuctions(room.id)
  const lots = live.kind === 'live' ? live.state : []
  const choice = useChoiceOfLot(lots)
  return (
    <ShownLotProvider value={choice}>
      <main className={choice.shownId === undefined ? 'room auction no-lot' : 'room auction'}>
        <AuctionRoom room={room} lots={lots} />
        <Chat />
      </main>
      {canModerate && <Console room={room} />}
    </ShownLotProvider>
  )
}

function Loading() {
  const problem = useTokenProblem(useSeat().session)
  return (
    <main className="room" aria-busy="true">
      {problem?.kind === 'waiting' && (
        <section id="refused">
          <h1>Signing in again…</h1>
          <p className="soft">{problem.message} The page keeps trying; there is no need to reload.</p>
        </section>
      )}
    </main>
  )
}

/** Codes of closed WebSockets that end a user's session. */
const SESSION_ENDED: readonly (number | undefined)[] = [4401, 4403]

function Refused({ error }: { readonly error: RostrumError }) {
  const { session, enter } = useSeat()
  const isSessionOver = error.code === 'CONNECTION_CLOSED' && SESSION_ENDED.includes(error.closeCode)
  return (
    <main className="room">
      <section id="refused">
        <h1>{isSessionOver ? 'Your session has ended' : headingOf(error)}</h1>
        <p className="soft">{error.message}</p>
        {isSessionOver && (
          <button type="button" className="main" id="watch-on" onClick={() => enter(signOut())}>
            Watch without a name
          </button>
        )}
        {!isSessionOver && session.identity === null && <SignIn />}
      </section>
    </main>
  )
}

function headingOf({ code }: RostrumError): string {
  if (code === 'NOT_FOUND') return 'There is no such room'
  if (code === 'FORBIDDEN' || code === 'UNAUTHENTICATED') return 'This room is for members only'
  if (code === 'CONNECTION_CLOSED') return 'Disconnected'
  return 'The room cannot be shown now'
}
