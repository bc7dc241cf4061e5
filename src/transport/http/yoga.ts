import { type ExecutionResult, GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Mask } from '../masking.ts'

/** A request with parsed parameters. */
export interface WholeRequest {
  readonly url: URL
  readonly method: string
  /** The client's preferred representation. */
  readonly accept: string
  readonly body: string | undefined
  /** Runs the operation, or returns why not. Errors are already masked. */
  answer(): Promise<ExecutionResult>
}

/** Formats results by the GraphQL-over-HTTP specification: status and media type. */
export interface YogaServer {
  answer(request: WholeRequest): Promise<Response>
}

interface YogaContext {
  answer(): Promise<ExecutionResult>
}

/**
 * Yoga handles HTTP only: parsing, limits, validation and execution are those of `Operations`, as for every other
 * transport.
 */
export function createYogaServer(mask: Mask): YogaServer {
  const yoga = createYoga<YogaContext>({
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    logging: false,
    // Bodies are already read and bounded.
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    maskedErrors: { maskError: (error) => mask(error) },
    extraParamNames: ['documentId'],
    plugins: [answerByOperations],
  })
  return {
    async answer({ url, method, accept, body, answer }) {
      // Yoga's own Request keeps text as is; the platform's wraps it in a stream.
      const { Request } = yoga.fetchAPI
      const headers = { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
      const init = { method, headers, ...(body === undefined ? {} : { body }) }
      return yoga.fetch(new Request(url.href, init), { answer })
    },
  }
}

const answerByOperations: Plugin<object, YogaContext> = {
  onParams({ params, setParams, setParamsHandler, context }) {
    // A document may be referenced by its hash alone.
    setParams({ ...params, query: params.query ?? '' })
    setParamsHandler(() => context.answer())
  },
}

/** Without data the specification requires 4xx; `spec` keeps 200 for clients that accept application/json. */
export function withStatus(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { http: { spec: true, status: 400 }, ...error.extensions },
  })
}
