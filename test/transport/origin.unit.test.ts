import { describe, expect, test } from 'vitest'
import { createOriginPolicy } from '../../src/transport/http/origin.ts'

const same = createOriginPolicy({ kind: 'same' })
const any = createOriginPolicy({ kind: 'any' })
const listed = createOriginPolicy({ kind: 'listed', origins: new Set(['https://app.example']) })

describe('A request without an Origin header', () => {
  test.each([same, any, listed])('is allowed', (policy) => {
    expect(policy.isAllowed(undefined, 'host.example')).toBe(true)
    expect(policy.corsHeaders(undefined)).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('The same origin', () => {
  test.each([
    ['http://localhost:4000', 'localhost:4000', true],
    ['https://host.example', 'host.example', true],
    ['https://host.example', 'HOST.example:443', true],
    ['http://[::1]:4000', '[::1]:4000', true],
    ['http://localhost:4001', 'localhost:4000', false],
    ['https://evil.example', 'host.example', false],
    ['https://host.example.evil.example', 'host.example', false],
    ['https://host.example', undefined, false],
    ['https://host.example', 'not a host', false],
    ['null', 'host.example', false],
    ['null', 'null', false],
    ['', '', false],
    ['file://', '', false],
  ])('of %j at %j is %j', (origin, host, expected) => {
    expect(same.isAllowed(origin, host)).toBe(expected)
  })

  test('is allowed in addition to a list', () => {
    expect(listed.isAllowed('https://host.example', 'host.example')).toBe(true)
  })
})

describe('Another origin', () => {
  test('is allowed when it is listed, with its own CORS header', () => {
    expect(listed.isAllowed('https://app.example', 'host.example')).toBe(true)
    expect(listed.corsHeaders('https://app.example')).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      vary: 'Origin',
    })
  })

  test.each(['https://evil.example', 'http://app.example', 'https://app.example:8443', 'null'])(
    '%s is refused when it is not listed',
    (origin) => {
      expect(listed.isAllowed(origin, 'host.example')).toBe(false)
      expect(listed.corsHeaders(origin)).toEqual({ vary: 'Origin' })
    },
  )

  test('is allowed without credentials if any origin is', () => {
    expect(any.isAllowed('null', 'host.example')).toBe(true)
    const headers = any.corsHeaders('https://evil.example')
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })
})
