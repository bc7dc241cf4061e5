import {
  TRADE_DISCLOSURES,
  type TradeDisclosure as TradeDisclosureShape,
} from '../features/rooms/rules/room.ts'
import type { Builder } from './builder.ts'
import { Room, RoomKind } from './room.ts'
import { CreateRoomInput } from './room-mutation.ts'
import { SharedEnum } from './shared-types.ts'

const TradeDisclosure = new SharedEnum<TradeDisclosureShape>('TradeDisclosure')

/** The kind, disclosure and currency of trade rooms. */
export function addTradeRooms(builder: Builder): void {
  RoomKind.extend(builder, ['TRADE'])

  TradeDisclosure.in(builder, {
    description:
      "Whether members of a trade room see each other's orders and positions, or only their own. Moderators see all.",
    values: TRADE_DISCLOSURES,
  })

  builder.objectFields(Room, (t) => ({
    disclosure: t.expose('disclosure', { type: TradeDisclosure }),
    currency: t.string({
      nullable: true,
      description: 'The currency of the amounts in a TRADE room; null if it has none.',
      resolve: ({ currency }) => currency ?? null,
    }),
    currencyExponent: t.int({
      nullable: true,
      description: 'Number of decimal digits of the minor unit of `currency`; null without a currency.',
      resolve: ({ currencyExponent }) => currencyExponent ?? null,
    }),
  }))

  CreateRoomInput.extend(builder, (t) => ({
    disclosure: t.field({ type: TradeDisclosure }),
    currency: t.string({
      description: 'The currency of the amounts in a TRADE room. INVALID_INPUT for other kinds.',
    }),
    currencyExponent: t.int({
      description:
        'Number of decimal digits of the minor unit, 0 to 8: for codes outside ISO 4217; 0 if left out. For an ISO 4217 code, any other value is INVALID_INPUT.',
    }),
  }))
}
