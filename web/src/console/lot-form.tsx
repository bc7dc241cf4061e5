import { type Currency, decimalOf, parseMoney, type Room } from '@rostrum/client'
import { useRostrumClient } from '@rostrum/client/react'
import { useShownLot } from '../auction/shown-lot.ts'
import { isRefused, useCommand } from '../command.ts'
import { currencyOf } from '../currency.ts'
import { CreateAuctionDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { useAnswer } from './answer.ts'
import { Tool } from './tool.tsx'

const MINUTE_MS = 60_000
const EURO: Currency = { currency: 'EUR', currencyExponent: 2 }
const DEFAULT_PRICE_MAJOR = 10
/** A bid in the last ten seconds gives ten more, ten minutes at most. */
const SOFT_CLOSE = { windowMs: 10_000, extensionMs: 10_000, capMs: 10 * MINUTE_MS }

/** Puts up a lot, live at once, in the room's currency, and makes it the current lot. */
export function LotForm({ room }: { readonly room: Room }) {
  const currency = currencyOf(room) ?? EURO
  const { show } = useShownLot()
  const { roomId } = useHere()
  const command = useCommand()
  const { clock } = useRostrumClient()
  const { words, hear } = useAnswer()
  function putUp(form: FormData): Promise<boolean> {
    const title = String(form.get('title'))
    const input = {
      roomId,
      title,
      currency: currency.currency,
      startingPrice: parseMoney(String(form.get('price')), currency) ?? 0,
      endsAt: new Date(clock.now() + Number(form.get('minutes')) * MINUTE_MS).toISOString(),
      softClose: SOFT_CLOSE,
      idempotencyKey: newKey(),
    }
    const made = command(CreateAuctionDocument, { input })
    void made.then((answer) => {
      if (!isRefused(answer) && answer.__typename === 'AuctionPayload') show(answer.auction.id)
    })
    return hear(made, `Up now: ${title}.`)
  }
  return (
    <Tool id="put-up" act="Put up" onAct={putUp} words={words}>
      <label className="field">
        Title of a new lot
        <input name="title" required maxLength={200} />
      </label>
      <label className="field">
        Starts at, in {currency.currency}
        <input
          name="price"
          type="number"
          required
          min={decimalOf(1, currency)}
          step={decimalOf(1, currency)}
          defaultValue={decimalOf(DEFAULT_PRICE_MAJOR * 10 ** currency.currencyExponent, currency)}
        />
      </label>
      <label className="field">
        Minutes
        <input name="minutes" type="number" required min={0.5} step={0.5} defaultValue="5" />
      </label>
    </Tool>
  )
}
