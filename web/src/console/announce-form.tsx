import { useRostrumClient } from '@rostrum/client/react'
import { useCommand } from '../command.ts'
import { PublishAnnouncementDocument, type Severity } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { useAnswer } from './answer.ts'
import { Tool } from './tool.tsx'

const LASTS_MS = 10 * 60_000
const SEVERITIES: readonly { readonly severity: Severity; readonly name: string }[] = [
  { severity: 'INFO', name: 'Information' },
  { severity: 'WARNING', name: 'Warning' },
  { severity: 'CRITICAL', name: 'Critical' },
]

/** Publishes an announcement in the room, for ten minutes. */
export function AnnounceForm() {
  const { roomId } = useHere()
  const command = useCommand()
  const { clock } = useRostrumClient()
  const { words, hear } = useAnswer()
  function announce(form: FormData): Promise<boolean> {
    const title = String(form.get('title'))
    const input = {
      roomId,
      title,
      body: String(form.get('body')),
      audience: 'ROOM',
      severity: SEVERITIES[Number(form.get('severity'))]?.severity ?? 'INFO',
      expiresAt: new Date(clock.now() + LASTS_MS).toISOString(),
      idempotencyKey: newKey(),
    } as const
    return hear(command(PublishAnnouncementDocument, { input }), `Announced: ${title}.`)
  }
  return (
    <Tool id="announce" act="Announce" onAct={announce} words={words}>
      <label className="field">
        Announcement
        <input name="title" required maxLength={200} />
      </label>
      <label className="field">
        Text
        <input name="body" required maxLength={500} />
      </label>
      <label className="field">
        Severity
        <select name="severity">
          {SEVERITIES.map(({ severity, name }, index) => (
            <option key={severity} value={index}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </Tool>
  )
}
