import type { IncomingHttpHeaders } from 'node:http'
import { isNestedTooDeep } from '../../engine/kernel/json.ts'
import type { OperationRequest } from '../graphql-operation.ts'

/** The GraphQL-over-HTTP parameters of a request, or why they cannot be read. */
export type Parameters =
  | { readonly kind: 'read'; readonly operation: OperationRequest }
  | {
      readonly kind: 'malformed'
      readonly reason: string
      readonly code: 'BAD_REQUEST' | 'BAD_USER_INPUT'
    }

const NAMES = ['query', 'documentId', 'extensions', 'operationName', 'variables'] as const
const KNOWN: ReadonlySet<string> = new Set(NAMES)

const REQUEST =
  'A request has a `query`, and may have `variables` (an object), an `operationName` and `extensions` (an object).'

function malformed(reason: string): Parameters {
  return { kind: 'malformed', reason, code: 'BAD_REQUEST' }
}

/** JSON that nests deeper than any accepted value. */
const TOO_DEEP: Parameters = {
  kind: 'malformed',
  reason: 'The JSON is nested too deeply.',
  code: 'BAD_USER_INPUT',
}

export function parametersOfUrl({ searchParams }: URL): Parameters {
  for (const name of NAMES) {
    if (searchParams.getAll(name).length > 1) return malformed(`The parameter \`${name}\` is given twice.`)
  }
  const json: Record<string, unknown> = {}
  for (const name of ['variables', 'extensions'] as const) {
    const text = searchParams.get(name) || 'null'
    if (isNestedTooDeep(text)) return TOO_DEEP
    const parsed = parseJson(text)
    if (parsed === undefined) return malformed(`The parameter \`${name}\` is not valid JSON.`)
    json[name] = parsed.value
  }
  return parametersOf({
    query: searchParams.get('query'),
    documentId: searchParams.get('documentId'),
    operationName: searchParams.get('operationName'),
    ...json,
  })
}

export function parametersOfBody(body: Buffer): Parameters {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return malformed('The body is not UTF-8.')
  }
  if (isNestedTooDeep(text)) return text.trimStart().startsWith('{') ? TOO_DEEP : malformed(REQUEST)
  const parsed = parseJson(text)
  if (parsed === undefined) return malformed('POST body sent invalid JSON.')
  if (Array.isArray(parsed.value)) return malformed('Batching is not supported.')
  return parametersOf(parsed.value)
}

function parametersOf(request: unknown): Parameters {
  if (!isRecord(request)) return malformed(REQUEST)
  for (const name of Object.keys(request)) {
    if (!KNOWN.has(name)) return malformed(`Unexpected parameter "${name}" in the request body.`)
  }
  const {
    query = null,
    documentId = null,
    extensions = null,
    operationName = null,
    variables = null,
  } = request
  if (query !== null && typeof query !== 'string') return malformed('`query` must be a string.')
  if (documentId !== null && typeof documentId !== 'string')
    return malformed('`documentId` must be a string.')
  if (operationName !== null && typeof operationName !== 'string')
    return malformed('`operationName` must be a string.')
  if (variables !== null && !isRecord(variables)) return malformed('`variables` must be an object.')
  if (extensions !== null && !isRecord(extensions)) return malformed('`extensions` must be an object.')
  if (query === null && documentId === null && !isRecord(extensions?.['persistedQuery']))
    return malformed(REQUEST)
  return { kind: 'read', operation: { query, documentId, extensions, operationName, variables } }
}

/** Undefined if `text` is not valid JSON. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const JSON_BODIES: ReadonlySet<string> = new Set([
  'application/json',
  'application/graphql+json',
  'application/graphql-response+json',
])

/** Why a body with these headers is rejected (415); undefined if it is accepted. */
export function unsupportedBody(headers: IncomingHttpHeaders): string | undefined {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  if (!JSON_BODIES.has(media)) return 'Send the body as `Content-Type: application/json`.'
  const charset = parameters.find((each) => each.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/u.test(charset)) return 'Send the body in UTF-8.'
  return encoding.trim().toLowerCase() === 'identity' ? undefined : 'Send the body without Content-Encoding.'
}
