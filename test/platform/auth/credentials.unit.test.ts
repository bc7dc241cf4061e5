import { describe, expect, test } from 'vitest'
import {
  tokenFromAuthorization,
  tokenFromConnectionParams,
  tokenFromUrl,
} from '../../../src/platform/auth/credentials.ts'

const NONE = { kind: 'none' }
const MALFORMED = { kind: 'malformed' }
const TOKEN = { kind: 'token', token: 'aa.bb-c.d_d' }

describe('An Authorization header', () => {
  test.each([
    ['Bearer aa.bb-c.d_d', TOKEN],
    ['bearer   aa.bb-c.d_d', TOKEN],
    [undefined, NONE],
    ['', NONE],
    ['Bearer', MALFORMED],
    ['Bearer aa bb', MALFORMED],
    ['Bearer "aa"', MALFORMED],
    ['aa.bb-c.d_d', MALFORMED],
    ['Basic dXNlcjpwYXNz', MALFORMED],
  ])('%j is read as %j', (header, expected) => {
    expect(tokenFromAuthorization(header)).toEqual(expected)
  })
})

describe('Connection parameters', () => {
  test.each([
    [undefined, NONE],
    [null, NONE],
    [{}, NONE],
    [{ other: 1 }, NONE],
    [{ authorization: null, token: null }, NONE],
    [{ authorization: '' }, NONE],
    [{ authorization: 'Bearer aa.bb-c.d_d' }, TOKEN],
    [{ Authorization: 'Bearer aa.bb-c.d_d' }, TOKEN],
    [{ token: 'aa.bb-c.d_d' }, TOKEN],
    [{ token: 'aa.bb-c.d_d', authorization: 'Bearer aa.bb-c.d_d' }, TOKEN],
    [{ token: 'other', authorization: 'Bearer aa.bb-c.d_d' }, MALFORMED],
    [{ authorization: 'Bearer a', Authorization: 'Bearer b' }, MALFORMED],
    [{ token: '' }, MALFORMED],
    [{ token: 7 }, MALFORMED],
    [{ token: 'Bearer aa' }, MALFORMED],
    [{ authorization: ['Bearer aa'] }, MALFORMED],
    [{ authorization: 'aa.bb-c.d_d' }, MALFORMED],
    [{ token: 7, authorization: 'Bearer aa' }, MALFORMED],
    ['Bearer aa', MALFORMED],
    [['Bearer aa'], MALFORMED],
  ])('%j are read as %j', (params, expected) => {
    expect(tokenFromConnectionParams(params)).toEqual(expected)
  })
})

describe('An address', () => {
  test.each([
    ['/graphql', NONE],
    ['/graphql?query=%7Ba%7D', NONE],
    ['/graphql?token=aa.bb-c.d_d', TOKEN],
    ['wss://host.example/graphql?a=1&token=aa.bb-c.d_d#end', TOKEN],
    ['/graphql?token=aa.bb-c.d_d&token=aa.bb-c.d_d', TOKEN],
    ['/graphql?token=a&token=b', MALFORMED],
    ['/graphql?token=', MALFORMED],
    ['/graphql?token', MALFORMED],
    ['/graphql?token=a%20b', MALFORMED],
  ])('%s is read as %j', (url, expected) => {
    expect(tokenFromUrl(url)).toEqual(expected)
  })
})
