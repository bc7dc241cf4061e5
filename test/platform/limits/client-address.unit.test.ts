import { describe, expect, test } from 'vitest'
import { parseNetworks } from '../../../src/platform/config/networks.ts'
import { createClientAddress } from '../../../src/platform/limits/client-address.ts'

function addressOf(trusted: string, remoteAddress: string | undefined, forwarded?: string): string {
  const parsed = parseNetworks(trusted)
  if (parsed.kind !== 'ok') throw new Error(parsed.wrong.join())
  const headers = { 'x-forwarded-for': forwarded }
  return createClientAddress(parsed.networks)({ socket: { remoteAddress }, headers })
}

describe('The address of a client', () => {
  test.each([
    ['', '192.0.2.1', undefined, '192.0.2.1'],
    ['', '::ffff:192.0.2.1', undefined, '192.0.2.1'],
    ['', '::ffff:c000:201', undefined, '192.0.2.1'],
    ['', undefined, undefined, ''],
    // Nobody is trusted: the header is the client's own claim.
    ['', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['10.0.0.0/8', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    // Behind a proxy.
    ['10.0.0.0/8', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['10.0.0.0/8', '10.1.2.3', undefined, '10.1.2.3'],
    ['10.0.0.0/8', '10.1.2.3', '', '10.1.2.3'],
    // Entries written by the client are to the left.
    ['10.0.0.0/8', '10.1.2.3', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.0/8', '10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['10.0.0.0/8', '10.1.2.3', '10.7.7.7, 10.9.9.9', '10.7.7.7'],
    ['10.0.0.0/8', '10.1.2.3', '203.0.113.9, unknown', '10.1.2.3'],
    ['10.0.0.0/8', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    // IPv6, by the network that one subscriber has.
    ['', '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['', '2001:db8:1:2:ffff::1', undefined, '2001:db8:1:2::/64'],
    ['', '2001:db8::1', undefined, '2001:db8:0:0::/64'],
    ['', 'fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
    ['', '::1', undefined, '0:0:0:0::/64'],
    ['fd00::/8', 'fd00::9', '[2001:db8::1]:443', '2001:db8:0:0::/64'],
    ['fd00::/8,10.0.0.0/8', 'fd00::9', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
  ])('behind %j, from %j with X-Forwarded-For %j, is %j', (trusted, remote, forwarded, expected) => {
    expect(addressOf(trusted, remote, forwarded)).toBe(expected)
  })

  test('is not taken from a list of proxies that holds no addresses', () => {
    expect(parseNetworks('10.0.0.0/33, proxy, 10.0.0.1/, ::1/129, 1.2.3.4/8/8')).toMatchObject({
      kind: 'invalid',
      wrong: ['10.0.0.0/33', 'proxy', '10.0.0.1/', '::1/129', '1.2.3.4/8/8'],
    })
  })
})
