import { type Currency, decimalOf, parseMoney } from '@rostrum/client'
import { useRostrumClient } from '@rostrum/client/react'
import { useCommand } from '../command.ts'
import { CreateAuctionDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { useAnswer } from './answer.ts'
import { Tool } from './tool.tsx'

const MINUTE_MS = 60_000
const EURO: Currency = { currency: 'EUR', currencyExponent: 2 }
/** A bid in the last ten seconds gives ten more, ten minutes at most. */
const SOFT_CLOSE = { windowMs: 10_000, extensionMs: 10_000, capMs: 10 * MINUTE_MS }

/** Puts up a lot, live at once. */
export function LotForm() {
  const { roomId } = useHere()
  const command = useCommand()
  const { clock } = useRostrumClient()
  const [words, hear] = useAnswer()
  function putUp(form: FormData): void {
    const title = String(form.get('title'))
    const input = {
      roomId,
      title,
      currency: EURO.currency,
      startingPrice: parseMoney(String(form.get('price')), EURO) ?? 0,
      endsAt: new Date(clock.now() + Number(form.get('minutes')) * MINUTE_MS).toISOString(),
      softClose: SOFT_CLOSE,
      idempotencyKey: newKey(),
    }
    hear(command(CreateAuctionDocument, { input }), `Up now: ${title}.`)
  }
  return (
    <Tool id="put-up" act="Put up" onAct={putUp} words={words}>
      <label className="field">
        Title of a new lot
        <input name="title" required maxLength={200} />
      </label>
      <label className="field">
        Starts at, in {EURO.currency}
        <input
          name="price"
          type="number"
          required
          min={decimalOf(1, EURO)}
          step={decimalOf(1, EURO)}
          defaultValue="10.00"
        />
      </label>
      <label className="field">
        Minutes
        <input name="minutes" type="number" required min={0.5} step={0.5} defaultValue="5" />
      </label>
    </Tool>
  )
}
