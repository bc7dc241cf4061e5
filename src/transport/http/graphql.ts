// Over 300 lines: the hot path of requests over HTTP, from its headers to its answer, without indirection.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { Overloaded } from '../../engine/kernel/overloaded.ts'
import { type ClientKey, clientKeyOf } from '../../engine/session/client-key.ts'
import type { NoSession } from '../../engine/session/sessions.ts'
import type { SignIn } from '../../engine/session/sign-in.ts'
import type { Credential } from '../../platform/auth/credentials.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { ClientAddress } from '../../platform/limits/client-address.ts'
import { type FairShare, inShare } from '../../platform/limits/fair-share.ts'
import type { OperationQueues } from '../../platform/limits/operation-queue.ts'
import type { CallContext } from '../../resolvers/context.ts'
import type { Services } from '../../resolvers/services.ts'
import type { Operation, Operations, Preparation } from '../graphql-operation.ts'
import type { Mask } from '../masking.ts'
import { credentialOf } from '../sign-in.ts'
import { readBody } from './body.ts'
import { answerJson, type Headers, SECURITY_HEADERS } from './json.ts'
import { prefersPage, type Representation, representationOf } from './negotiation.ts'
import type { OriginPolicy } from './origin.ts'
import { type Parameters, parametersOfBody, parametersOfUrl, unsupportedBody } from './parameters.ts'
import type { Streams } from './streams.ts'
import { withStatus, type YogaServer } from './yoga.ts'

export interface GraphqlHandlerOptions {
  readonly services: Services
  readonly operations: Operations
  /** The queue of queries and mutations of each client over HTTP. */
  readonly queues: OperationQueues<ClientKey>
  /** Requests are handled in the fair share of their client. */
  readonly share: FairShare<ClientKey>
  readonly yoga: YogaServer
  readonly streams: Streams
  readonly signIn: (credential: Credential) => Promise<SignIn>
  readonly clientAddress: ClientAddress
  readonly origins: OriginPolicy
  readonly mask: Mask
  readonly maxBodyBytes: number
}

/** Serves operations sent to `/graphql` by GET and POST. */
export type GraphqlHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A request in progress. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly headers: Headers
}

interface Caller {
  readonly viewer: Viewer | null
  readonly address: string
  /** The client key for limits. */
  readonly client: ClientKey
}

/** Responses must not be cached, and browsers must not sniff their type. */
const PRIVATE: Headers = { 'cache-control': 'no-store', ...SECURITY_HEADERS }
const NOT_SERVED: Readonly<Record<NoSession, readonly [status: number, message: string]>> = {
  'address-full': [429, 'This address has too many connections of visitors. Sign in, or retry later.'],
  'node-full': [503, 'This node has too many connections. Retry later.'],
  draining: [503, 'This node is shutting down. Connect again.'],
}

export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  const { share } = options

  // The user is known only once the token is verified; until then the address is charged.
  return (request, response) => {
    const address = options.clientAddress(request)
    const isWanted = (): boolean => !response.destroyed
    return inShare(share, clientKeyOf(null, address), () => handle(request, response, address), isWanted)
  }

  async function handle(request: IncomingMessage, response: ServerResponse, address: string): Promise<void> {
    const { method = 'GET' } = request
    const headers = { ...options.origins.corsHeaders(request.headers.origin), ...PRIVATE }
    const url = new URL(request.url ?? '/', 'http://localhost')
    const exchange = { request, response, url, headers }
    const problem = method === 'POST' ? unsupportedBody(request.headers) : undefined
    if (problem !== undefined) {
      answerErrors(response, 415, problem, 'BAD_REQUEST', { ...headers, connection: 'close' })
      return
    }
    const caller = await callerOf(exchange, address)
    const body = caller && (method === 'POST' ? await bodyOf(exchange) : NO_BODY)
    if (caller === undefined || body === undefined) return
    const isWanted = (): boolean => !response.destroyed
    await inShare(share, caller.client, () => answer(exchange, caller, body), isWanted)
  }

  /** The signed-in user or visitor; undefined if the request was rejected. */
  async function callerOf(
    { request, response, headers }: Exchange,
    address: string,
  ): Promise<Caller | undefined> {
    try {
      const signedIn = await options.signIn(credentialOf(request))
      if (signedIn.kind === 'ok') {
        const { viewer } = signedIn
        return { viewer, address, client: clientKeyOf(viewer, address) }
      }
      const challenge = { ...headers, 'www-authenticate': 'Bearer error="invalid_token"' }
      answerErrors(response, 401, signedIn.reason, 'UNAUTHENTICATED', challenge)
    } catch (error) {
      answerError(response, 503, options.mask(error), headers)
    }
    return undefined
  }

  /** Undefined if the request was rejected, or its client is gone. */
  async function bodyOf({ request, response, headers }: Exchange): Promise<Buffer | undefined> {
    const body = await readBody(request, options.maxBodyBytes)
    if (body.kind === 'bytes') return body.bytes
    if (body.kind === 'too-large') {
      const message = `The request is larger than ${options.maxBodyBytes} bytes.`
      answerErrors(response, 413, message, 'BAD_REQUEST', { ...headers, connection: 'close' })
    }
    return undefined
  }

  async function answer(exchange: Exchange, caller: Caller, body: Buffer): Promise<void> {
    const { request, response, url, headers } = exchange
    const isPost = request.method === 'POST'
    const parameters: Parameters = isPost ? parametersOfBody(body) : parametersOfUrl(url)
    if (parameters.kind === 'malformed') {
      if (representationOf(request.headers.accept, 'query').kind === 'none') {
        answerNotAcceptable(exchange, 'query')
        return
      }
      answerErrors(response, 400, parameters.reason, parameters.code, headers)
      return
    }
    const { viewer, client } = caller
    const prepared = options.operations.prepare(parameters.operation, { client, viewer })
    if (prepared.kind === 'refused' && answerLimited(response, prepared.errors, headers)) return
    const type = prepared.kind === 'ready' ? prepared.operation.definition.operation : 'query'
    const representation = representationOf(request.headers.accept, type)
    if (prepared.kind === 'ready' && type === 'subscription') {
      if (representation.kind === 'events' || representation.kind === 'multipart') {
        answerStream(exchange, caller, prepared.operation, representation.kind)
      } else answerNotAcceptable(exchange, type)
    } else if (representation.kind === 'json' && type === 'mutation' && !isPost) {
      answerErrors(response, 405, MUTATE_BY_POST, 'BAD_REQUEST', { ...headers, allow: 'POST' })
    } else if (representation.kind === 'json' || representation.kind === 'events') {
      await answerResult(exchange, caller, { prepared, representation, body: isPost ? body : undefined })
    } else answerNotAcceptable(exchange, type)
  }

  function answerStream(
    { request, response, headers }: Exchange,
    { viewer, address }: Caller,
    operation: Operation,
    kind: 'events' | 'multipart',
  ): void {
    const last = request.headers['last-event-id']
    const lastEventId = typeof last === 'string' && last !== '' ? last : null
    const problem = options.streams.serve({
      kind,
      operation,
      lastEventId,
      viewer,
      address,
      response,
      headers,
    })
    if (problem === undefined) return
    const [status, message] = NOT_SERVED[problem]
    answerErrors(response, status, message, 'TOO_MANY_SUBSCRIPTIONS', { ...headers, 'retry-after': '10' })
  }

  async function answerResult(
    exchange: Exchange,
    caller: Caller,
    {
      prepared,
      representation,
      body,
    }: {
      readonly prepared: Preparation
      readonly representation: Exclude<Representation, { readonly kind: 'none' | 'multipart' }>
      readonly body: Buffer | undefined
    },
  ): Promise<void> {
    const { response, headers } = exchange
    const isPlain = body !== undefined && prepared.kind === 'ready'
    try {
      const result = await resultOf(exchange, caller, prepared)
      if (representation.kind === 'events') options.streams.answerOnce(response, headers, result)
      // Yoga costs more than most operations (ADR 14), so it formats only GET responses and refusals.
      else if (isPlain) answerPlain(exchange, representation.type, result)
      else await answerByYoga(exchange, { result, body, accept: representation.type })
    } catch (error) {
      // The client is gone.
      if (response.destroyed || response.closed) return
      answerError(response, error instanceof Overloaded ? 429 : 500, options.mask(error), headers)
    }
  }

  async function answerByYoga(
    { request, response, url, headers }: Exchange,
    {
      result,
      body,
      accept,
    }: { readonly result: ExecutionResult; readonly body: Buffer | undefined; readonly accept: string },
  ): Promise<void> {
    // Without data the operation did not run.
    const shown = result.data === undefined ? { errors: result.errors?.map(withStatus) ?? [] } : result
    const answered = await options.yoga.answer({
      ...{ url, accept, method: request.method ?? 'GET', body: body?.toString('utf8') },
      answer: async () => shown,
    })
    const text = await answered.text()
    response.writeHead(answered.status, { ...Object.fromEntries(answered.headers), ...headers }).end(text)
  }

  /** Rejects with `Overloaded` if too many operations of the client are waiting. */
  async function resultOf(
    { request, response }: Exchange,
    { viewer, client }: Caller,
    prepared: Preparation,
  ): Promise<ExecutionResult> {
    if (prepared.kind === 'refused') return { errors: prepared.errors }
    const { operation } = prepared
    if (operation.definition.operation === 'mutation' && request.method === 'GET') {
      return { errors: [mutationByGet()] }
    }
    const signal = signalOf(response)
    const context: CallContext = { services: options.services, viewer, connection: null, client, signal }
    return options.queues.run(client, () => options.operations.run(operation, context), signal)
  }
}

const MUTATE_BY_POST = 'Send mutations with POST.'
const NO_BODY = Buffer.alloc(0)

function answerPlain({ response, headers }: Exchange, type: string, result: ExecutionResult): void {
  const text = JSON.stringify(result)
  const length = Buffer.byteLength(text)
  response
    .writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8`, 'content-length': length })
    .end(text)
}

function answerNotAcceptable({ response, headers }: Exchange, type: string): void {
  const message =
    type === 'subscription'
      ? 'Subscribe over a WebSocket (graphql-transport-ws), or with `Accept: text/event-stream` or `Accept: multipart/mixed;subscriptionSpec=1.0`.'
      : 'Accept `application/json` or `application/graphql-response+json`.'
  answerErrors(response, 406, message, 'BAD_REQUEST', headers)
}

function mutationByGet(): GraphQLError {
  return new GraphQLError(MUTATE_BY_POST, { extensions: { code: 'BAD_REQUEST' } })
}

/** Aborted if the connection closes before the response is complete. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

/** Whether a request to `/graphql` contains an operation. A browser without one gets GraphiQL, if it is enabled. */
export function isOperation(
  { method, url = '/', headers }: IncomingMessage,
  isGraphiqlServed: boolean,
): boolean {
  if (method !== 'GET') return method === 'POST'
  if (!isGraphiqlServed) return true
  const { searchParams } = new URL(url, 'http://localhost')
  const names = ['query', 'documentId', 'extensions']
  return names.some((name) => searchParams.has(name)) || !prefersPage(headers.accept)
}

/** With `Retry-After` if the error has `retryAfterMs`. */
function answerError(response: ServerResponse, status: number, error: GraphQLError, headers: Headers): void {
  const { retryAfterMs } = error.extensions
  const after = typeof retryAfterMs === 'number' ? { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` } : {}
  answerJson(response, status, { errors: [error] }, { ...headers, ...after })
}

/** 429 if the operations of this client cost too much per second. */
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
