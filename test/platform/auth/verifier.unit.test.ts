import fc from 'fast-check'
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { reservedIdPrefixes } from '../../../src/engine/kernel/id.ts'
import '../../../src/features.ts'
import { FAR_FUTURE, instant, later } from '../../../src/engine/kernel/instant.ts'
import { issueDevToken, readDevClaims } from '../../../src/platform/auth/dev-token.ts'
import { createTokenVerifier, type TokenVerifier } from '../../../src/platform/auth/verifier.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'
import type { SecretAuthConfig } from '../../../src/platform/config/config.ts'
import { secret } from '../../../src/platform/config/secret.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

const SECRET = 'a secret that is known to the tests only'
const CONFIG: SecretAuthConfig = {
  kind: 'secret',
  secret: secret(SECRET),
  origin: 'made',
  issuer: null,
  audience: null,
}
const NOW_S = 1_800_000_000
const NOW = instant(NOW_S * 1000)

/** A verifier with a fake clock. */
function verifierAt(config: SecretAuthConfig = CONFIG) {
  let now = NOW
  const verifier = createTokenVerifier(config, () => now)
  return {
    verify: verifier.verify,
    setOff: (ms: number) => {
      now = later(NOW, ms)
    },
  }
}

function sign(claims: Readonly<Record<string, unknown>>, key = SECRET): Promise<string> {
  const payload: JWTPayload = { sub: 'ada', exp: NOW_S + 60, ...claims }
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key))
}

async function viewerOf({ verify }: TokenVerifier, token: string): Promise<Viewer> {
  const verified = await verify(token)
  if (verified.kind === 'refused') throw new Error(verified.reason)
  return verified.viewer
}

async function reasonFor({ verify }: TokenVerifier, token: string): Promise<string | null> {
  const verified = await verify(token)
  return verified.kind === 'refused' ? verified.reason : null
}

describe('A valid token', () => {
  test('names its user, roles and times', async () => {
    const token = await sign({ name: ' Ada Lovelace ', roles: ['moderator', 'admin'], iat: NOW_S - 1 })
    expect(await viewerOf(verifierAt(), token)).toEqual({
      user: { id: 'ada', name: 'Ada Lovelace' },
      roles: new Set(['USER', 'MODERATOR', 'ADMIN']),
      expiresAt: later(NOW, 60_000),
      issuedAt: later(NOW, -1000),
    })
  })

  test('without name, roles and iat names a user by the id', async () => {
    expect(await viewerOf(verifierAt(), await sign({}))).toEqual({
      user: { id: 'ada', name: 'ada' },
      roles: new Set(['USER']),
      expiresAt: later(NOW, 60_000),
      issuedAt: null,
    })
  })

  test('keeps sub verbatim, and cuts the name to 200 whole characters', async () => {
    const token = await sign({ sub: ' auth0|Ada ', name: `\u0000${'😀'.repeat(300)}` })
    const { user } = await viewerOf(verifierAt(), token)
    expect(user).toEqual({ id: ' auth0|Ada ', name: '😀'.repeat(200) })
  })

  test('may contain dates beyond the representable range', async () => {
    const { expiresAt } = await viewerOf(verifierAt(), await sign({ exp: 1e300 }))
    expect(expiresAt).toBe(FAR_FUTURE)
  })
})

describe('A signature', () => {
  test('that is missing (alg none) is refused', async () => {
    const token = new UnsecuredJWT({ sub: 'ada', exp: NOW_S + 60 }).encode()
    expect(await reasonFor(verifierAt(), token)).toBe('The algorithm is not allowed.')
  })

  test('by another secret is refused', async () => {
    const token = await sign({}, 'another secret, just as long as the first one')
    expect(await reasonFor(verifierAt(), token)).toBe('The signature is wrong.')
  })

  test('that was altered is refused', async () => {
    const [header, , signature] = (await sign({})).split('.')
    const payload = Buffer.from(JSON.stringify({ sub: 'eve', exp: NOW_S + 60 })).toString('base64url')
    expect(await reasonFor(verifierAt(), `${header}.${payload}.${signature}`)).toBe('The signature is wrong.')
  })

  test.each(['HS384', 'HS512'])('by %s with the right secret is refused', async (alg) => {
    const token = await new SignJWT({ sub: 'ada', exp: NOW_S + 60 })
      .setProtectedHeader({ alg })
      .sign(Buffer.from(SECRET.repeat(2)))
    expect(await reasonFor(verifierAt(), token)).toBe('The algorithm is not allowed.')
  })

  test('by RS256 is refused where HS256 is configured', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    const token = await new SignJWT({ sub: 'ada', exp: NOW_S + 60 })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey)
    expect(await reasonFor(verifierAt(), token)).toBe('The algorithm is not allowed.')
  })
})

describe('The expiry', () => {
  test('is exact: the last millisecond passes, the next does not', async () => {
    const verifier = verifierAt()
    const token = await sign({})
    verifier.setOff(59_999)
    expect(await reasonFor(verifier, token)).toBeNull()
    verifier.setOff(60_000)
    expect(await reasonFor(verifier, token)).toBe('The token has expired.')
  })

  test('one millisecond ago is refused, remembered or not', async () => {
    const token = await sign({ exp: NOW_S - 0.001 })
    expect(await reasonFor(verifierAt(), token)).toBe('The token has expired.')
    const verifier = verifierAt()
    verifier.setOff(-10_000)
    expect(await reasonFor(verifier, token)).toBeNull()
    verifier.setOff(0)
    expect(await reasonFor(verifier, token)).toBe('The token has expired.')
  })

  test.each([[undefined], ['1800000060'], [null]])('%j is refused', async (exp) => {
    expect(await reasonFor(verifierAt(), await sign({ exp }))).toMatch('"exp"')
  })
})

describe.each(['nbf', 'iat'])('%s', (claim) => {
  test('may be 5 s in the future', async () => {
    expect(await reasonFor(verifierAt(), await sign({ [claim]: NOW_S + 5 }))).toBeNull()
  })

  test('is refused beyond 5 s', async () => {
    expect(await reasonFor(verifierAt(), await sign({ [claim]: NOW_S + 5.001 }))).toMatch(`"${claim}"`)
  })

  test('is refused if it is not a date', async () => {
    expect(await reasonFor(verifierAt(), await sign({ [claim]: 'now' }))).toMatch(`"${claim}"`)
    expect(await reasonFor(verifierAt(), await sign({ [claim]: -1 }))).toMatch(`"${claim}"`)
  })
})

describe('Issuer and audience', () => {
  const strict = { ...CONFIG, issuer: 'https://id.example', audience: 'rostrum' }

  test('pass when they are as configured', async () => {
    const token = await sign({ iss: 'https://id.example', aud: ['other', 'rostrum'] })
    expect(await reasonFor(verifierAt(strict), token)).toBeNull()
  })

  test.each([
    [{ iss: 'https://evil.example', aud: 'rostrum' }, 'iss'],
    [{ aud: 'rostrum' }, 'iss'],
    [{ iss: 'https://id.example', aud: 'other' }, 'aud'],
    [{ iss: 'https://id.example' }, 'aud'],
  ])('%j is refused', async (claims, claim) => {
    expect(await reasonFor(verifierAt(strict), await sign(claims))).toMatch(`"${claim}"`)
  })

  test('are ignored if not configured', async () => {
    expect(await reasonFor(verifierAt(), await sign({ iss: 'anyone', aud: 'anything' }))).toBeNull()
  })
})

describe('The subject', () => {
  test.each([[undefined], [''], [7], [null], ['a\nb'], ['a\u0000'], ['\ud800'], ['x'.repeat(257)]])(
    '%j is refused',
    async (sub) => {
      expect(await reasonFor(verifierAt(), await sign({ sub }))).toMatch('"sub"')
    },
  )

  test.each(reservedIdPrefixes())('with a prefix of generated ids (%s) is refused', async (prefix) => {
    expect(await reasonFor(verifierAt(), await sign({ sub: `${prefix}1` }))).toMatch(
      'no prefix of generated ids (ann_, arc_',
    )
    expect(await reasonFor(verifierAt(), await sign({ sub: prefix.slice(0, -1) }))).toBeNull()
  })

  test('may have 256 characters', async () => {
    expect(await reasonFor(verifierAt(), await sign({ sub: 'x'.repeat(256) }))).toBeNull()
  })
})

describe('Name and roles', () => {
  test('of unknown kinds are ignored', async () => {
    const token = await sign({ roles: ['ADMIN', 'root', 7, null, ['admin'], '__proto__', 'service'] })
    expect((await viewerOf(verifierAt(), token)).roles).toEqual(new Set(['USER', 'SERVICE']))
  })

  test.each([['admin'], [{ admin: true }], [null], [1]])('roles %j are refused', async (roles) => {
    expect(await reasonFor(verifierAt(), await sign({ roles }))).toBe('"roles" must be a list.')
  })

  test('a name that is not a string is refused, a blank one defaults to the id', async () => {
    expect(await reasonFor(verifierAt(), await sign({ name: 7 }))).toBe('"name" must be a string.')
    for (const name of [' \t ', '\u200b', '\u202e\u3164', '\u2800', '\u00ad'.repeat(300)]) {
      expect((await viewerOf(verifierAt(), await sign({ name }))).user.name).toBe('ada')
    }
  })

  test('a name loses text-direction characters', async () => {
    const token = await sign({ name: '\u202eAda\u202c \u2066Lovelace\u2069' })
    expect((await viewerOf(verifierAt(), token)).user.name).toBe('Ada Lovelace')
  })
})

describe('Anything else', () => {
  test('above 8 KB is refused', async () => {
    expect(await reasonFor(verifierAt(), await sign({ pad: 'x'.repeat(8192) }))).toMatch('8192 bytes')
  })

  test('is refused without throwing, and the reason does not repeat it', PATIENTLY, async () => {
    const verifier = verifierAt()
    const segment = fc.oneof(
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.constantFrom('eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJub25lIn0', ''),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 6 }), async (segments) => {
        const token = segments.join('.')
        const reason = await reasonFor(verifier, token)
        expect(reason).not.toBeNull()
        if (token.length > 20) expect(reason).not.toContain(token)
      }),
      runs(100),
    )
  })
})

describe('A token for development', () => {
  test('is accepted for twelve hours, with all that was asked for', async () => {
    const config = { ...CONFIG, issuer: 'https://id.example', audience: 'rostrum' }
    const claims = { sub: 'ada', name: 'Ada', roles: ['admin'] }
    const { token, expiresAt } = await issueDevToken(config, claims, later(NOW, 7))
    expect(expiresAt).toBe(later(NOW, 7 + 12 * 60 * 60 * 1000))
    const verifier = verifierAt(config)
    verifier.setOff(7)
    expect(await viewerOf(verifier, token)).toEqual({
      user: { id: 'ada', name: 'Ada' },
      roles: new Set(['USER', 'ADMIN']),
      expiresAt,
      issuedAt: later(NOW, 7),
    })
  })

  test('lives as long as asked', async () => {
    const { token, expiresAt } = await issueDevToken(CONFIG, { sub: 'ada' }, NOW, 1000)
    expect(expiresAt).toBe(later(NOW, 1000))
    expect((await viewerOf(verifierAt(), token)).expiresAt).toBe(expiresAt)
  })

  test('may be signed with a short secret', async () => {
    const config = { ...CONFIG, secret: secret('short') }
    const { token } = await issueDevToken(config, { sub: 'ada' }, NOW)
    expect(await reasonFor(verifierAt(config), token)).toBeNull()
  })

  test.each([
    [[], 'an object'],
    ['ada', 'an object'],
    [null, 'an object'],
    [{}, '"sub"'],
    [{ sub: '' }, '"sub"'],
    [{ sub: 'ada', name: 7 }, '"name"'],
    [{ sub: 'ada', roles: 'admin' }, '"roles"'],
    [{ sub: 'ada', roles: ['root'] }, 'user, moderator, admin, service'],
    [{ sub: 'ada', roles: [7] }, 'user, moderator, admin, service'],
  ])('is not made from %j', (value, expected) => {
    const read = readDevClaims(value)
    expect(read.kind === 'invalid' && read.reason).toContain(expected)
  })
})
