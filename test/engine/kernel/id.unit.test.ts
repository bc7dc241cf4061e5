import '../../../src/features.ts'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasReservedPrefix,
  isUserId,
  reservedIdPrefixes,
  reserveIdPrefix,
} from '../../../src/engine/kernel/id.ts'
import { newAuctionId } from '../../../src/features/auctions/ids.ts'
import { asRoomId, newRoomId, publicRoomId } from '../../../src/features/rooms/ids.ts'
import { asOrderId, globalOrderId, parseOrderId } from '../../../src/features/trading/ids.ts'

describe('The prefixes of generated ids', () => {
  test('are such that no id has two of them', () => {
    const prefixes = reservedIdPrefixes()
    for (const one of prefixes) {
      expect(prefixes.filter((other) => one.startsWith(other))).toEqual([one])
    }
  })

  test('tell ids of types from other texts', () => {
    expect([newAuctionId(), newRoomId(), 'ord_x', 'lb_x', 'arc_x'].every(hasReservedPrefix)).toBe(true)
    expect(hasReservedPrefix('ada')).toBe(false)
  })

  test('belong to one type each', () => {
    expect(() => reserveIdPrefix('auc_')).toThrow('two types')
  })

  test.each(reservedIdPrefixes())('%s begins no id of a user', (prefix) => {
    expect(isUserId(`${prefix}1`)).toBe(false)
    expect(isUserId(`x${prefix}1`)).toBe(true)
  })
})

describe('A built-in room', () => {
  test.each(['global', 'authenticated', 'admin', 'demo', 'demo-trade'])(
    '%s is stored by its name, and shown with the prefix of rooms',
    (name) => {
      expect(asRoomId(`room_${name}`)).toBe(name)
      expect(asRoomId(name)).toBe(name)
      expect(publicRoomId(asRoomId(name))).toBe(`room_${name}`)
    },
  )

  test('is not every room: other ids are stored as they are shown', () => {
    const id = newRoomId()
    expect([asRoomId(id), publicRoomId(id)]).toEqual([id, id])
  })
})

describe('The global id of an order', () => {
  test('names the same room and number again, whatever text the number is', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }), (number) => {
        const named = { roomId: newRoomId(), id: asOrderId(number) }
        expect(globalOrderId(named)).toMatch(/^ord_[\w-]+$/)
        expect(parseOrderId(globalOrderId(named))).toEqual(named)
      }),
    )
  })

  test('is another in another room', () => {
    const [one, other] = [newRoomId(), newRoomId()]
    const id = asOrderId('42')
    expect(globalOrderId({ roomId: one, id })).not.toBe(globalOrderId({ roomId: other, id }))
  })

  test.each(['ord_', 'ord_42', 'ord_!!', 'ord_Lzc', `ord_${Buffer.from('room_1/7').toString('base64')}=`])(
    '%s names none: one order has one id',
    (id) => expect(parseOrderId(id)).toBeUndefined(),
  )
})
