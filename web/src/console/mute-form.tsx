import { usePresence, useRostrumClient } from '@rostrum/client/react'
import { useCommand } from '../command.ts'
import { MuteMemberDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { useAnswer } from './answer.ts'
import { Tool } from './tool.tsx'

const MINUTE_MS = 60_000

/** Mutes somebody who is present, for a while, or unmutes them. */
export function MuteForm() {
  const { roomId, myId } = useHere()
  const command = useCommand()
  const { clock } = useRostrumClient()
  const presence = usePresence(roomId)
  const { words, hear } = useAnswer()
  const others = presence.kind === 'live' ? presence.state.users.filter(({ user }) => user.id !== myId) : []
  function mute(form: FormData): Promise<boolean> {
    const userId = String(form.get('user'))
    const minutes = Number(form.get('minutes'))
    // 0 minutes: a time in the past, which unmutes. Without an end the mute would be permanent.
    const until = new Date(minutes === 0 ? 0 : clock.now() + minutes * MINUTE_MS).toISOString()
    return hear(
      command(MuteMemberDocument, { roomId, userId, until }),
      minutes === 0 ? 'May speak again.' : `Muted for ${minutes} min.`,
    )
  }
  return (
    <Tool id="mute" act="Mute" isDisabled={others.length === 0} onAct={mute} words={words}>
      <label className="field">
        Who is here
        <select name="user" required>
          {others.map(({ user }) => (
            <option key={user.id} value={user.id}>
              {user.name}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        Minutes, 0 to unmute
        <input name="minutes" type="number" required min={0} defaultValue="5" />
      </label>
    </Tool>
  )
}
