import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import type { Caller } from '../../../src/features/rooms/rules/access.ts'
import type { Membership, Room } from '../../../src/features/rooms/rules/room.ts'
import { canSeeTrades } from '../../../src/features/trading/rules/access.ts'
import {
  admin,
  max,
  member,
  mia,
  molly,
  olga,
  roomWith,
  service,
  stranger,
  tokenModerator,
} from '../rooms/room.fixture.ts'

/** Of mia's trades and of those of max, which `caller` sees in a room of both. */
function seen(caller: Caller, change: Partial<Room> = {}, others: readonly Membership[] = []): string {
  const facts = roomWith({ kind: 'TRADE', ...change }, [member(mia), member(max), ...others])
  return [mia, max]
    .filter(({ person }) => canSeeTrades(caller, facts, person.id))
    .map(({ person }) => person.name)
    .join(' ')
}

describe('a trade room that discloses OWN', () => {
  test('shows members their own', () => {
    expect(seen(mia)).toBe('mia')
    expect(seen(max)).toBe('max')
  })

  test('shows all to those who moderate it, administrators, services and the server itself', () => {
    for (const caller of [olga, molly, tokenModerator, admin, service, SYSTEM])
      expect(seen(caller)).toBe('mia max')
  })

  test('shows nothing to others, who may see the room', () => {
    expect(seen(stranger)).toBe('')
    expect(seen(null)).toBe('')
  })

  test.for(['left', 'removed'] as const)(
    'shows nothing, not even their own, to a user who has %s',
    (status) => {
      const facts = roomWith({ kind: 'TRADE' }, [member(mia, { status, role: 'MODERATOR' })])
      expect(canSeeTrades(mia, facts, mia.person.id)).toBe(false)
    },
  )
})

describe('a trade room that discloses ROOM', () => {
  const disclosure = 'ROOM'

  test('shows all members all', () => {
    for (const caller of [mia, max, olga, molly, tokenModerator, admin, service]) {
      expect(seen(caller, { disclosure })).toBe('mia max')
    }
  })

  test('shows nothing to non-members', () => {
    for (const caller of [stranger, null]) expect(seen(caller, { disclosure })).toBe('')
  })
})

describe('a trade room that a caller does not see', () => {
  test('shows no trades to moderators of other rooms', () => {
    const visibility = 'MEMBERS'
    expect(seen(tokenModerator, { visibility })).toBe('')
    expect(seen(tokenModerator, { visibility }, [member(tokenModerator)])).toBe('mia max')
    expect(seen(service, { visibility })).toBe('mia max')
    for (const caller of [service, mia, tokenModerator])
      expect(seen(caller, { visibility: 'ADMIN' })).toBe('')
  })
})
