import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { TokenVerifier } from '../../auth/verifier.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { isNestedTooDeep } from '../../kernel/json.ts'
import { type CallContext, clientKeyOf } from '../../resolvers/context.ts'
import type { Services } from '../../resolvers/services.ts'
import type { Mask } from '../masking.ts'
import type { OperationRequest, Operations } from '../operation.ts'
import { credentialOf, signIn } from '../sign-in.ts'
import { readBody } from './body.ts'
import { answerJson, type Headers, SECURITY_HEADERS } from './json.ts'
import type { OriginPolicy } from './origin.ts'
import type { Page } from './page.ts'
import type { SseServer } from './sse.ts'
import type { YogaServer } from './yoga.ts'

export interface GraphqlHandlerOptions {
  readonly services: Services
  readonly operations: Operations
  readonly yoga: YogaServer
  readonly sse: SseServer
  readonly verifier: TokenVerifier
  readonly onSeen: (viewer: Viewer) => void
  readonly origins: OriginPolicy
  readonly mask: Mask
  readonly maxBodyBytes: number
  /** The page for browsers; null where it is off. */
  readonly graphiql: Page | null
}

/** Everything at `/graphql` but WebSockets. */
export type GraphqlHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  return async (request, response) => {
    const { method = 'GET', headers } = request
    const cors = options.origins.corsHeaders(headers.origin)
    if (method === 'OPTIONS') {
      response.writeHead(204, { ...cors, allow: 'GET, POST, OPTIONS' }).end()
      return
    }
    if (method !== 'GET' && method !== 'POST') {
      answerErrors(response, 405, 'Use GET or POST.', 'BAD_REQUEST', { ...cors, allow: 'GET, POST, OPTIONS' })
      return
    }
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (options.graphiql !== null && wantsPage(request, url)) {
      await options.graphiql.answer(request, response, cors)
      return
    }
    const context = await callContext(request, response, cors)
    if (context === undefined) return
    const body = method === 'POST' ? await readBody(request, options.maxBodyBytes) : undefined
    if (body?.kind === 'aborted') return
    if (body?.kind === 'too-large') {
      const message = `The request is larger than ${options.maxBodyBytes} bytes.`
      answerErrors(response, 413, message, 'BAD_REQUEST', { ...cors, connection: 'close' })
      return
    }
    if (wantsEvents(request)) serveEvents(request, response, url, body?.bytes, context, cors)
    else if (!(await answerPlain(request, response, body?.bytes, context, cors))) {
      await answerByYoga(request, response, url, body?.bytes, context, cors)
    }
  }

  /** Who calls; undefined where the call was answered with a refusal. */
  async function callContext(
    request: IncomingMessage,
    response: ServerResponse,
    cors: Headers,
  ): Promise<CallContext | undefined> {
    try {
      const signedIn = await signIn(credentialOf(request), options.verifier, options.onSeen)
      if (signedIn.kind === 'ok')
        return {
          services: options.services,
          viewer: signedIn.viewer,
          connection: null,
          client: clientKeyOf(signedIn.viewer, request.socket.remoteAddress ?? ''),
          signal: signalOf(response),
        }
      const challenge = { ...cors, 'www-authenticate': 'Bearer error="invalid_token"' }
      answerErrors(response, 401, signedIn.reason, 'UNAUTHENTICATED', challenge)
    } catch (error) {
      const { message, extensions } = options.mask(error)
      answerErrors(response, 503, message, String(extensions['code']), cors)
    }
    return undefined
  }

  function serveEvents(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    body: Buffer | undefined,
    context: CallContext,
    headers: Headers,
  ): void {
    const operation = body === undefined ? operationFromUrl(url) : operationFromJson(body)
    if (operation === undefined) {
      const message = 'A request has a `query`, and may have `variables` (an object) and an `operationName`.'
      answerErrors(response, 400, message, 'BAD_REQUEST', headers)
      return
    }
    const lastEventId = request.headers['last-event-id']
    const last = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null
    options.sse.serve({ operation, lastEventId: last, context, response, headers })
  }

  /**
   * What nearly all clients send, JSON that is valid and asks for JSON, without Yoga, which costs more than to execute it.
   * False where it is anything else: nothing was done, and Yoga has the word, for refusals too.
   */
  async function answerPlain(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    context: CallContext,
    headers: Headers,
  ): Promise<boolean> {
    const type = answerTypeOf(request)
    if (body === undefined || type === undefined || !isJson(request)) return false
    const asked = jsonFrom(body.toString('utf8'))
    if (!isRecord(asked) || !Object.keys(asked).every((name) => PARAMETERS.has(name))) return false
    const operation = operationFrom(asked)
    if (operation === undefined) return false
    const prepared = options.operations.prepare(operation, context)
    if (prepared.kind === 'refused' && answerLimited(response, prepared.errors, headers)) return true
    if (prepared.kind === 'refused' || prepared.operation.definition.operation === 'subscription')
      return false
    const result = await options.operations.run(prepared.operation, context)
    const text = JSON.stringify(result)
    const length = Buffer.byteLength(text)
    response
      .writeHead(200, { ...headers, ...PRIVATE, 'content-type': type, 'content-length': length })
      .end(text)
    return true
  }

  async function answerByYoga(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    body: Buffer | undefined,
    context: CallContext,
    cors: Headers,
  ): Promise<void> {
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
    }
    const { method = 'GET' } = request
    const answer = await options.yoga.answer({ url, method, headers, body }, context)
    const text = await answer.text()
    response
      .writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...cors, ...PRIVATE })
      .end(text)
  }
}

/** An answer is for who asked, at this moment: no cache may keep it, and it is what it says it is. */
const PRIVATE: Headers = { 'cache-control': 'no-store', ...SECURITY_HEADERS }

/** Aborted when the connection closes before the response was sent whole. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

function accepts(request: IncomingMessage, type: string): boolean {
  return request.headers.accept?.toLowerCase().includes(type) ?? false
}

function wantsPage(request: IncomingMessage, url: URL): boolean {
  const asks = ['query', 'documentId', 'extensions'].some((name) => url.searchParams.has(name))
  return request.method === 'GET' && accepts(request, 'text/html') && !asks
}

const PARAMETERS: ReadonlySet<string> = new Set([
  'query',
  'documentId',
  'extensions',
  'operationName',
  'variables',
])

function isJson({ headers }: IncomingMessage): boolean {
  const type = headers['content-type']?.toLowerCase()
  return type === 'application/json' || type === 'application/json; charset=utf-8'
}

/** What Yoga would choose of what the client asks for first; undefined where that is neither. */
function answerTypeOf({ headers }: IncomingMessage): string | undefined {
  const [first] = (headers.accept ?? '*/*').toLowerCase().split(',', 1)
  const type = first === '*/*' ? 'application/json' : first
  const isAnswered = type === 'application/json' || type === 'application/graphql-response+json'
  return isAnswered ? `${type}; charset=utf-8` : undefined
}

function wantsEvents(request: IncomingMessage): boolean {
  const { method } = request
  return (method === 'GET' || method === 'POST') && accepts(request, 'text/event-stream')
}

function operationFromUrl({ searchParams }: URL): OperationRequest | undefined {
  return operationFrom({
    query: searchParams.get('query'),
    documentId: searchParams.get('documentId'),
    extensions: jsonFrom(searchParams.get('extensions') ?? 'null'),
    operationName: searchParams.get('operationName'),
    variables: jsonFrom(searchParams.get('variables') ?? 'null'),
  })
}

function operationFromJson(body: Buffer): OperationRequest | undefined {
  return operationFrom(jsonFrom(body.toString('utf8')))
}

/** undefined where `text` is no JSON, or nests too deep: nothing that JSON can say. */
function jsonFrom(text: string): unknown {
  try {
    return isNestedTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function operationFrom(request: unknown): OperationRequest | undefined {
  if (!isRecord(request)) return undefined
  const { query = null, documentId = null, extensions = null, operationName = null } = request
  const { variables = 'variables' in request ? undefined : null } = request
  if (query !== null && typeof query !== 'string') return undefined
  if (query === null && documentId === null && extensions === null) return undefined
  if (operationName !== null && typeof operationName !== 'string') return undefined
  if (variables !== null && !isRecord(variables)) return undefined
  if (extensions !== null && !isRecord(extensions)) return undefined
  return { query, documentId, extensions, operationName, variables }
}

/** Answers 429 where `errors` say that the client asks too much. */
function answerLimited(
  response: ServerResponse,
  [error]: readonly GraphQLError[],
  headers: Headers,
): boolean {
  const { code, retryAfterMs } = error?.extensions ?? {}
  if (error === undefined || code !== 'RATE_LIMITED') return false
  const seconds = Math.ceil(Number(retryAfterMs) / 1000)
  answerJson(response, 429, { errors: [error] }, { ...headers, 'retry-after': String(seconds) })
  return true
}

function answerErrors(
  response: ServerResponse,
  status: number,
  message: string,
  code: string,
  headers: Headers,
): void {
  answerJson(response, status, { errors: [{ message, extensions: { code } }] }, headers)
}
