import { describe, expect, test } from 'vitest'
import type { Membership } from '../../src/features/rooms/rules/room.ts'
import { createTradeRooms, type TradeRooms } from '../../src/features/trading/disclosure.ts'
import type { TradeFacts } from '../../src/features/trading/reads/trade-facts.ts'
import { max, member, mia, roomWith } from '../features/rooms/room.fixture.ts'
import { viewer } from './fixtures.ts'

const VIEWER = viewer(mia.person.id)
const ROLES: Record<string, Membership['role']> = { one: 'MODERATOR', two: 'MEMBER' }

/** The room as it was while mia had the role that the version stands for. */
function factsOf(version: string): TradeFacts {
  const role = ROLES[version] ?? 'MEMBER'
  return { version, ...roomWith({ kind: 'TRADE' }, [member(mia, { role }), member(max)]) }
}

interface Reading {
  readonly rooms: TradeRooms
  /** What each read was told to be known. */
  readonly known: readonly (string | undefined)[]
  /** Reads the room, which is found to be of `version`. */
  read(version: string): Promise<unknown>
}

const { id } = factsOf('one').room

function given(): Reading {
  const known: (string | undefined)[] = []
  let present = 'one'
  const rooms = createTradeRooms(async (_id, before) => {
    known.push(before?.version)
    return factsOf(present)
  })
  return {
    ...{ rooms, known },
    read(version) {
      present = version
      return rooms.read(id)
    },
  }
}

describe('who sees trades', () => {
  const seesMax = (rooms: TradeRooms, earlier = 'one') =>
    rooms.sees(VIEWER, id, max.person.id, factsOf(earlier))

  test('goes by what was read with an entry, where nothing was read since', () => {
    expect([seesMax(given().rooms, 'one'), seesMax(given().rooms, 'two')]).toEqual([true, false])
  })

  test('goes by what was read last, also for what came earlier', async () => {
    const { rooms, read } = given()
    await read('one')
    expect(seesMax(rooms, 'two')).toBe(true)
    await read('two')
    expect(seesMax(rooms, 'one')).toBe(false)
  })

  test('is read again based on the cached state', async () => {
    const { known, read } = given()
    await read('one')
    await read('two')
    await read('two')
    expect(known).toEqual([undefined, 'one', 'two'])
  })

  test('is read once for however many come at once', async () => {
    const { known, read } = given()
    await Promise.all(Array.from({ length: 100 }, () => read('one')))
    expect(known).toEqual([undefined])
  })
})
