import { asUserId } from '../engine/kernel/id.ts'
import type { Person } from '../engine/kernel/person.ts'

/** Prices are in cents. */
interface Lot {
  readonly title: string
  readonly description: string
  readonly startingPrice: number
  readonly reservePrice: number | null
}

export const VISITORS: readonly [Person, ...Person[]] = [
  { id: asUserId('visitor-grace'), name: 'Grace' },
  { id: asUserId('visitor-alan'), name: 'Alan' },
  { id: asUserId('visitor-hedy'), name: 'Hedy' },
  { id: asUserId('visitor-edsger'), name: 'Edsger' },
]

export const LOTS: readonly [Lot, ...Lot[]] = [
  {
    title: 'Longcase clock, Augsburg, about 1780',
    description: 'Walnut, eight-day movement, strikes the hours. In working order.',
    startingPrice: 50_000,
    reservePrice: 90_000,
  },
  {
    title: 'Rangefinder camera with three lenses, 1954',
    description: 'Serviced this year; a few marks on the top plate.',
    startingPrice: 12_000,
    reservePrice: null,
  },
  {
    title: 'Sea chart of the Wadden Sea, hand-coloured, 1841',
    description: 'Linen-backed, folded. Soundings in fathoms.',
    startingPrice: 4_500,
    reservePrice: 9_000,
  },
  {
    title: 'Case of twelve, Mosel Riesling Auslese, 1999',
    description: 'Stored in the grower’s own cellar until now.',
    startingPrice: 24_000,
    reservePrice: null,
  },
]

/** The demo's instruments with their opening prices. */
export const SYMBOLS: readonly [Symbol, ...Symbol[]] = [
  { name: 'OAK', price: 2_400 },
  { name: 'SALT', price: 310 },
  { name: 'WOOL', price: 880 },
]

interface Symbol {
  readonly name: string
  readonly price: number
}

export const LINES: readonly [string, ...string[]] = [
  'Lovely piece.',
  'Is shipping to Ghent possible?',
  'I saw one like it in Basel, went for twice that.',
  'Not today, I promised.',
  'Last one from me. Probably.',
  'What a pace!',
]
