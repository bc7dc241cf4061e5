import type { ServerResponse } from 'node:http'
import { isNestedTooDeep } from '../../engine/kernel/json.ts'

export type Headers = Readonly<Record<string, string>>

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/

/** Whether a Content-Type header names JSON, whatever its parameters. */
export function isJsonType(header: string | undefined): boolean {
  return JSON_TYPE.test(header?.split(';', 1)[0]?.trim().toLowerCase() ?? '')
}

/** For responses that browsers render: no type sniffing, and no referrer to other sites. */
export const SECURITY_HEADERS: Headers = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** JSON responses must not be cached: they describe the current moment. */
export const JSON_HEADERS: Headers = {
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
  ...SECURITY_HEADERS,
}

/** Undefined if `bytes` are not valid JSON in UTF-8, or nest too deeply. */
export function parseJson(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return isNestedTooDeep(text) ? undefined : { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Answers with `body` as JSON, outside the router. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  response.writeHead(status, { ...JSON_HEADERS, ...headers, 'content-length': length }).end(text)
}
