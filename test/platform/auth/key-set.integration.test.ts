import { createServer, type Server } from 'node:http'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { JwksUnavailable } from '../../../src/platform/auth/keys.ts'
import { createTokenVerifier, type TokenVerifier } from '../../../src/platform/auth/verifier.ts'

const MINUTE_MS = 60_000

/** An identity provider that publishes the given keys. */
async function startProvider() {
  let keys: readonly JWK[] = []
  let status = 200
  let fetches = 0
  let paddingBytes = 0
  const server: Server = createServer((_request, response) => {
    fetches++
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys, padding: 'x'.repeat(paddingBytes) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: new URL(`http://127.0.0.1:${port}/jwks.json`),
    publish: async (published: Readonly<Record<string, GenerateKeyPairResult>>) => {
      keys = await Promise.all(
        Object.entries(published).map(async ([kid, { publicKey }]) => ({
          ...(await exportJWK(publicKey)),
          kid,
        })),
      )
    },
    fail: () => {
      status = 500
    },
    heal: () => {
      status = 200
    },
    pad: (bytes: number) => {
      paddingBytes = bytes
    },
    fetches: () => fetches,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function sign(key: CryptoKey | Uint8Array, alg: string, kid?: string, sub = 'ada'): Promise<string> {
  return new SignJWT({ sub, exp: Math.floor(Date.now() / 1000) + 3600 })
    .setProtectedHeader(kid === undefined ? { alg } : { alg, kid })
    .sign(key)
}

async function outcomeOf({ verify }: TokenVerifier, token: string): Promise<string> {
  const verified = await verify(token)
  return verified.kind === 'valid' ? verified.viewer.user.id : verified.reason
}

describe('With a published key set', () => {
  let provider: Awaited<ReturnType<typeof startProvider>>
  let verifier: TokenVerifier

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    provider = await startProvider()
    const config = { kind: 'keySet', url: provider.url, issuer: null, audience: null } as const
    verifier = createTokenVerifier(config, () => instant(Date.now()))
  })

  afterEach(async () => {
    vi.useRealTimers()
    await provider.stop()
  })

  function passTime(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  test.each(['RS256', 'ES256', 'EdDSA'])('a token by %s is accepted', async (alg) => {
    const pair = await generateKeyPair(alg)
    await provider.publish({ one: pair })
    expect(await outcomeOf(verifier, await sign(pair.privateKey, alg, 'one'))).toBe('ada')
  })

  test('one fetch serves many tokens', async () => {
    const pair = await generateKeyPair('ES256')
    await provider.publish({ one: pair })
    for (const sub of ['ada', 'bob', 'cleo']) {
      expect(await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one', sub))).toBe(sub)
    }
    expect(provider.fetches()).toBe(1)
  })

  test('a token by HS256 with the published key as its secret is refused', async () => {
    const pair = await generateKeyPair('RS256', { extractable: true })
    await provider.publish({ one: pair })
    const pem = new TextEncoder().encode(await exportSPKI(pair.publicKey))
    const token = await sign(pem, 'HS256', 'one')
    expect(await outcomeOf(verifier, token)).toBe('The algorithm is not allowed.')
    expect(provider.fetches()).toBe(0)
  })

  test('a token by an algorithm that is not listed is refused', async () => {
    const pair = await generateKeyPair('PS256')
    await provider.publish({ one: pair })
    const token = await sign(pair.privateKey, 'PS256', 'one')
    expect(await outcomeOf(verifier, token)).toBe('The algorithm is not allowed.')
  })

  test('a token by an own key under a published name is refused', async () => {
    await provider.publish({ one: await generateKeyPair('ES256') })
    const own = await generateKeyPair('ES256')
    expect(await outcomeOf(verifier, await sign(own.privateKey, 'ES256', 'one'))).toBe(
      'The signature is wrong.',
    )
  })

  test('a token that names none of several keys is refused', async () => {
    const [one, two] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    await provider.publish({ one, two })
    expect(await outcomeOf(verifier, await sign(one.privateKey, 'ES256'))).toBe(
      'The token must name its key ("kid").',
    )
  })

  test('a new key is found once it is used, at most once in 5 s', async () => {
    const [one, two] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    await provider.publish({ one })
    expect(await outcomeOf(verifier, await sign(one.privateKey, 'ES256', 'one'))).toBe('ada')
    await provider.publish({ one, two })
    const renewed = await sign(two.privateKey, 'ES256', 'two')
    expect(await outcomeOf(verifier, renewed)).toBe('The token was signed with an unknown key.')
    expect(provider.fetches()).toBe(1)
    passTime(5001)
    expect(await outcomeOf(verifier, renewed)).toBe('ada')
    expect(await outcomeOf(verifier, await sign(one.privateKey, 'ES256', 'one', 'bob'))).toBe('bob')
  })

  test('a withdrawn key stops counting, for tokens that were seen before too', async () => {
    const [one, two] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    await provider.publish({ one })
    const token = await sign(one.privateKey, 'ES256', 'one')
    expect(await outcomeOf(verifier, token)).toBe('ada')
    await provider.publish({ two })
    passTime(10 * MINUTE_MS)
    expect(await outcomeOf(verifier, token)).toBe('The token was signed with an unknown key.')
  })

  test('unavailable keys are a fault, not a refusal', async () => {
    const pair = await generateKeyPair('ES256')
    const token = await sign(pair.privateKey, 'ES256', 'one')
    provider.fail()
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(JwksUnavailable)
    await provider.stop()
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(JwksUnavailable)
  })

  test('while the provider is down, tokens signed by known keys pass', async () => {
    const pair = await generateKeyPair('ES256')
    await provider.publish({ one: pair })
    expect(await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one'))).toBe('ada')
    provider.fail()
    passTime(9 * MINUTE_MS)
    expect(await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one', 'bob'))).toBe('bob')
  })

  test('a key set of more than 1 MiB is refused, one of less is taken', async () => {
    const pair = await generateKeyPair('ES256')
    await provider.publish({ one: pair })
    const token = await sign(pair.privateKey, 'ES256', 'one')
    provider.pad(2 ** 20)
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(JwksUnavailable)
    provider.pad(2 ** 19)
    passTime(1_001)
    expect(await outcomeOf(verifier, token)).toBe('ada')
  })

  test('a failing provider is asked with growing delays, however many tokens arrive', async () => {
    const pair = await generateKeyPair('ES256')
    await provider.publish({ one: pair })
    provider.fail()
    const junk = async (count: number) => {
      const tokens = await Promise.all(
        Array.from({ length: count }, (_, index) => sign(pair.privateKey, 'ES256', `junk-${index}`)),
      )
      await Promise.allSettled(tokens.map((token) => verifier.verify(token)))
    }
    for (let second = 0; second < 60; second += 1) {
      await junk(5)
      passTime(1_000)
    }
    // At 0, 1, 3, 7, 15 and 31 s.
    expect(provider.fetches()).toBe(6)
    provider.heal()
    passTime(30_000)
    expect(await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one'))).toBe('ada')
  })

  test('tokens signed by known keys pass for an hour while the provider fails, unknown keys are a fault', async () => {
    const pair = await generateKeyPair('ES256')
    await provider.publish({ one: pair })
    await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one'))
    provider.fail()
    passTime(59 * MINUTE_MS)
    expect(await outcomeOf(verifier, await sign(pair.privateKey, 'ES256', 'one', 'bob'))).toBe('bob')
    await expect(verifier.verify(await sign(pair.privateKey, 'ES256', 'two'))).rejects.toBeInstanceOf(
      JwksUnavailable,
    )
    passTime(2 * MINUTE_MS)
    const late = await sign(pair.privateKey, 'ES256', 'one', 'cleo')
    await expect(verifier.verify(late)).rejects.toBeInstanceOf(JwksUnavailable)
  })
})
