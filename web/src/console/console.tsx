import type { Room } from '@rostrum/client'
import { AnnounceForm } from './announce-form.tsx'
import { LotForm } from './lot-form.tsx'
import { LotsInHand } from './lots-in-hand.tsx'
import { MuteForm } from './mute-form.tsx'
import { RoomControls } from './room-controls.tsx'

/** For who leads the room: what is up, what is said to all, and who may speak. */
export function Console({ room }: { readonly room: Room }) {
  return (
    <section id="console" aria-labelledby="console-title">
      <h2 id="console-title">{room.kind === 'AUCTION' ? 'Auctioneer' : 'Moderator'}</h2>
      <RoomControls room={room} />
      <div className="tools">
        {room.kind === 'AUCTION' && <LotsInHand />}
        {room.kind === 'AUCTION' && <LotForm />}
        <AnnounceForm />
        <MuteForm />
      </div>
    </section>
  )
}
