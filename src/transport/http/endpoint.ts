import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { readBody } from './body.ts'
import { type Headers, isJsonType, JSON_HEADERS, parseJson } from './json.ts'
import type { OriginPolicy } from './origin.ts'

/** The context of endpoint handlers: Node's request and response, and the parsed JSON body. */
export interface EndpointEnv {
  Bindings: HttpBindings
  Variables: { json: unknown }
}

export type Endpoints = Hono<EndpointEnv>

const MAX_BODY_BYTES = 16 * 1024

/** Answers with `body`; `headers` include its type. HEAD gets the length, too. */
export function text(c: Context, status: ContentfulStatusCode, body: string, headers: Headers): Response {
  return c.body(body, status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
}

export function json(
  c: Context,
  status: ContentfulStatusCode,
  body: unknown,
  headers: Headers = {},
): Response {
  return text(c, status, JSON.stringify(body), { ...JSON_HEADERS, ...headers })
}

/** Sends the CORS headers of `origins` with every response. Hono's `cors` sends most of them with preflights only. */
export function crossOrigin({ corsHeaders }: OriginPolicy): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(corsHeaders(c.req.header('origin')))) c.header(name, value)
    await next()
  }
}

/**
 * Reads the body as JSON. The content type must be JSON: browsers let any page post `text/plain` and forms without a
 * preflight. Hono's `bodyLimit` fails on chunked bodies unless the adapter replaces the global `Request` of the
 * process.
 */
export const jsonBody: MiddlewareHandler<EndpointEnv> = async (c, next) => {
  const close = { connection: 'close' }
  if (!isJsonType(c.req.header('content-type'))) {
    const error = 'Send the body as JSON, with the header `Content-Type: application/json`.'
    return json(c, 415, { error }, close)
  }
  const body = await readBody(c.env.incoming, MAX_BODY_BYTES)
  if (body.kind === 'too-large') {
    return json(c, 413, { error: `The body is larger than ${MAX_BODY_BYTES} bytes.` }, close)
  }
  // The client is gone, so nobody reads the response.
  if (body.kind === 'aborted') return c.body(null)
  const parsed = parseJson(body.bytes)
  if (parsed === undefined) return json(c, 400, { error: 'The body is not valid JSON.' })
  c.set('json', parsed.value)
  return next()
}
