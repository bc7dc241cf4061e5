import { Hono } from 'hono'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { type DevClaims, type DevToken, readDevClaims } from '../../platform/auth/dev-token.ts'
import { crossOrigin, type EndpointEnv, type Endpoints, json, jsonBody } from './endpoint.ts'
import type { OriginPolicy } from './origin.ts'

export interface DevTokenOptions {
  readonly issueToken: (claims: DevClaims) => Promise<DevToken>
  /** The origins that may request a token. Others are rejected. */
  readonly origins: OriginPolicy
}

/** `POST /dev/token`: issues a token for the user in the body. */
export function createDevTokenEndpoint({ issueToken, origins }: DevTokenOptions): Endpoints {
  const endpoints = new Hono<EndpointEnv>()
  endpoints.use('/dev/token', async (c, next) => {
    if (origins.isAllowed(c.req.header('origin'), c.req.header('host'))) return next()
    return json(c, 403, { error: 'Pages of this origin may not use this endpoint.' })
  })
  endpoints.use('/dev/token', crossOrigin(origins)).post(jsonBody, async (c) => {
    const read = readDevClaims(c.get('json'))
    if (read.kind === 'invalid') return json(c, 400, { error: read.reason })
    const { token, expiresAt } = await issueToken(read.claims)
    return json(c, 200, { token, expiresAt: formatInstant(expiresAt) })
  })
  return endpoints
}
