import type { Room } from '@rostrum/client'
import { useCommand } from '../command.ts'
import { PauseRoomDocument, ResumeRoomDocument, StartRoomDocument } from '../gql/graphql.ts'
import { useAnswer } from './answer.ts'

const PHASES = { SCHEDULED: 'opens later', LIVE: 'is open', PAUSED: 'is paused', ENDED: 'has ended' }

export function RoomControls({ room: { id: roomId, name, phase } }: { readonly room: Room }) {
  const command = useCommand()
  const { words, hear } = useAnswer()
  return (
    <div className="controls" id="room-controls">
      <p>
        {name} {PHASES[phase]}.
      </p>
      {phase === 'SCHEDULED' && (
        <button type="button" onClick={() => void hear(command(StartRoomDocument, { roomId }), 'Opened.')}>
          Open the room
        </button>
      )}
      {phase === 'LIVE' && (
        <button type="button" onClick={() => void hear(command(PauseRoomDocument, { roomId }), 'Paused.')}>
          Pause the room
        </button>
      )}
      {phase === 'PAUSED' && (
        <button type="button" onClick={() => void hear(command(ResumeRoomDocument, { roomId }), 'Resumed.')}>
          Resume the room
        </button>
      )}
      <output>{words}</output>
    </div>
  )
}
