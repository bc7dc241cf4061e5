import type { IncomingMessage, ServerResponse } from 'node:http'
import { isNestedTooDeep } from '../../engine/kernel/json.ts'
import { readBody } from './body.ts'

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  /** Not JSON, or not UTF-8. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too-large' }
  /** The client went away before the end. */
  | { readonly kind: 'aborted' }

export type Headers = Readonly<Record<string, string>>

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/

/** Whether a Content-Type header names JSON, whatever its parameters. */
export function isJsonType(header: string | undefined): boolean {
  return JSON_TYPE.test(header?.split(';', 1)[0]?.trim().toLowerCase() ?? '')
}

/** For answers that browsers see: what they say counts, and no address of ours reaches another site. */
export const SECURITY_HEADERS: Headers = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

function parse(bytes: Buffer): JsonBody {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return isNestedTooDeep(text) ? { kind: 'malformed' } : { kind: 'json', value: JSON.parse(text) }
  } catch {
    return { kind: 'malformed' }
  }
}

/** The body of a request as JSON, where it has at most `maxBytes`. Never rejects. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const body = await readBody(request, maxBytes)
  return body.kind === 'bytes' ? parse(body.bytes) : body
}

/** Answers with a text of `type`. To HEAD, Node leaves the body away. */
export function answerText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Headers = {},
): void {
  response
    .writeHead(status, {
      ...headers,
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      ...SECURITY_HEADERS,
    })
    .end(text)
}

/** Answers with `body` as JSON, which nobody may keep: what it says holds for the moment. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void {
  answerText(response, status, 'application/json; charset=utf-8', JSON.stringify(body), {
    'cache-control': 'no-store',
    ...headers,
  })
}
