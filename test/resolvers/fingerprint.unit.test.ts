import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../src/resolvers/fingerprint.ts'

describe('a fingerprint', () => {
  const base = fingerprint('createRoom', { name: 'a', bands: [{ from: 1, step: 2 }] })

  test('does not depend on the order of fields, at any depth', () => {
    expect(fingerprint('createRoom', { bands: [{ step: 2, from: 1 }], name: 'a' })).toBe(base)
  })

  test('takes null for left out', () => {
    expect(fingerprint('createRoom', { name: 'a', bands: [{ from: 1, step: 2 }], endsAt: null })).toBe(base)
    expect(fingerprint('createRoom', { name: 'a', bands: [{ from: 1, step: 2 }], endsAt: undefined })).toBe(
      base,
    )
  })

  test('distinguishes mutations, values and the order of lists', () => {
    const others = [
      fingerprint('updateRoom', { name: 'a', bands: [{ from: 1, step: 2 }] }),
      fingerprint('createRoom', { name: 'b', bands: [{ from: 1, step: 2 }] }),
      fingerprint('createRoom', { name: 'a', bands: [{ from: 2, step: 1 }] }),
      fingerprint('createRoom', { name: 'a', bands: ['x', 'y'] }),
      fingerprint('createRoom', { name: 'a', bands: ['y', 'x'] }),
      fingerprint('createRoom', { name: 'a' }),
    ]
    expect(new Set([base, ...others]).size).toBe(others.length + 1)
  })
})
