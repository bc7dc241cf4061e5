import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJson, type Headers, isJsonType, readJson } from './json.ts'
import type { OriginPolicy } from './origin.ts'

/** A request for an endpoint, to be answered. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly cors: Headers
}

export interface Endpoint {
  readonly methods: readonly string[]
  /** Which pages may ask, where it differs from the server's own rule. Requests of other pages are refused. */
  readonly origins?: OriginPolicy
  readonly answer: (exchange: Exchange) => Promise<void> | void
}

export const READ = ['GET', 'HEAD']

const MAX_BODY_BYTES = 16 * 1024

/**
 * The body of a request as JSON; undefined where it is none, or too large, and that was answered. The type must say
 * JSON: a browser posts `text/plain` and forms for any page without asking this server first.
 */
export async function jsonOf({
  request,
  response,
  cors,
}: Exchange): Promise<{ readonly value: unknown } | undefined> {
  if (!isJsonType(request.headers['content-type'])) {
    const error = 'Send the body as JSON, with the header `Content-Type: application/json`.'
    answerJson(response, 415, { error }, { ...cors, connection: 'close' })
    return undefined
  }
  const body = await readJson(request, MAX_BODY_BYTES)
  switch (body.kind) {
    case 'json':
      return body
    case 'too-large': {
      const error = `The body is larger than ${MAX_BODY_BYTES} bytes.`
      answerJson(response, 413, { error }, { ...cors, connection: 'close' })
      return undefined
    }
    case 'malformed':
      answerJson(response, 400, { error: 'The body is no JSON.' }, cors)
      return undefined
    case 'aborted':
      return undefined
  }
}
