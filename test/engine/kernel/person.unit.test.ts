import { describe, expect, test } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { personNamed } from '../../../src/engine/kernel/person.ts'
import { hasVisibleCharacter } from '../../../src/engine/kernel/text.ts'

const nameOf = (id: string, given?: string): string => personNamed(asUserId(id), given).name

describe('the name of a user', () => {
  test.for([
    ['the one given', 'ada', ' Ada Lovelace ', 'Ada Lovelace'],
    ['the one given, without controls', 'ada', 'A\u202Ed\u0007a', 'Ada'],
    ['the id, where none is given', 'ada', undefined, 'ada'],
    ['the id, where the one given is invisible', 'ada', '\u200b\u2066', 'ada'],
    ['the id, without bidirectional controls', 'adm\u202Enimda', undefined, 'admnimda'],
  ] as const)('is %s', ([, id, given, name]) => {
    expect(nameOf(id, given)).toBe(name)
  })

  test.each(['\u200b', '\u2066\u2069', ' '])('is visible whatever the id, and differs by id: %j', (id) => {
    expect(hasVisibleCharacter(nameOf(id))).toBe(true)
    expect(nameOf(id)).toMatch(/^User [0-9a-f]{8}$/)
    expect(nameOf(id)).not.toBe(nameOf(`${id}${id}`))
  })

  test('has at most 200 whole characters', () => {
    expect(nameOf('ada', '😀'.repeat(300))).toBe('😀'.repeat(200))
  })

  test('leaves the id as it is', () => {
    expect(personNamed(asUserId('adm\u202Enimda')).id).toBe('adm\u202Enimda')
  })
})
