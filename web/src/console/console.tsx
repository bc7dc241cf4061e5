import type { Room } from '@rostrum/client'
import { AnnounceForm } from './announce-form.tsx'
import { LotControls } from './lot-controls.tsx'
import { LotForm } from './lot-form.tsx'
import { MuteForm } from './mute-form.tsx'
import { RoomControls } from './room-controls.tsx'

/** Controls for the auctioneer or moderator of a room. */
export function Console({ room }: { readonly room: Room }) {
  return (
    <section id="console" aria-labelledby="console-title">
      <h2 id="console-title">{room.kind === 'AUCTION' ? 'Auctioneer' : 'Moderator'}</h2>
      <RoomControls room={room} />
      <div className="tools">
        {room.kind === 'AUCTION' && <LotControls />}
        {room.kind === 'AUCTION' && <LotForm room={room} />}
        <AnnounceForm />
        <MuteForm />
      </div>
    </section>
  )
}
