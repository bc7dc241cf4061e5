import { GraphQLError, type GraphQLSchema, getOperationAST, getVariableValues } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { createOperationMeasure, excessOf } from '../../limits/operation-cost.ts'
import type { CallContext } from '../../resolvers/context.ts'
import { operationSpan } from '../../tracing/spans.ts'
import { type Tracing, traced, typeOf } from '../../tracing/tracing.ts'
import { type OperationLimits, parseQuery, rulesOf, tooComplex, withoutSuggestion } from '../document.ts'
import { createDocumentCache } from '../document-cache.ts'
import type { Mask } from '../masking.ts'
import type { Documents } from '../trusted-documents.ts'

/** What does not parse is parsed again. */
const NO_CACHE = { get: () => undefined, set: () => {} }

const DOCUMENT_ID = 'documentId'

const decoder = new TextDecoder()

/** A request whose body was read whole. */
export interface WholeRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** Answers queries and mutations by the GraphQL-over-HTTP specification. */
export interface YogaServer {
  answer(request: WholeRequest, context: CallContext): Promise<Response>
}

export function createYogaServer(
  schema: GraphQLSchema,
  mask: Mask,
  limits: OperationLimits,
  documents: Documents,
  tracing: Tracing,
): YogaServer {
  const yoga = createYoga<CallContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    logging: false,
    // Bodies are here already, and as large as they may be.
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: NO_CACHE },
    maskedErrors: { maskError: (error) => mask(error) },
    extraParamNames: [DOCUMENT_ID],
    plugins: [
      admit(documents),
      limitParsing(limits),
      validateFurther(limits),
      refuseBefore(schema, limits),
      refuseSubscriptions,
      ...(tracing.isOn ? [traceWith(tracing)] : []),
    ],
  })
  return {
    async answer({ url, method, headers, body }, context) {
      // Yoga's own request takes text as it is, where the platform's makes a stream of it.
      const { Request } = yoga.fetchAPI
      const text = body === undefined ? {} : { body: decoder.decode(body) }
      return yoga.fetch(new Request(url.href, { method, headers, ...text }), context)
    },
  }
}

/**
 * Puts the text of the document in the place of its hash. Where the request names none, Yoga says so. Of
 * addresses Yoga reads the parameters that it knows, and `documentId` is none of them.
 */
function admit(documents: Documents): Plugin {
  return {
    onParams({ params, request, setParams }) {
      const documentId =
        request.method === 'GET'
          ? new URL(request.url).searchParams.get(DOCUMENT_ID)
          : Reflect.get(params, DOCUMENT_ID)
      const { query, extensions } = params
      // What is no text is Yoga's to refuse.
      if (query !== undefined && query !== null && typeof query !== 'string') return
      const admission = documents.admit({ query, documentId, extensions })
      if (admission.kind === 'refused') throw withStatus(admission.error)
      if (admission.text !== '' && admission.text !== query) setParams({ ...params, query: admission.text })
    },
  }
}

/** Without data the draft demands 4xx; `spec` keeps 200 for clients that ask for application/json. */
function withStatus({ message, extensions }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions, http: { spec: true, status: 400 } } })
}

function traceWith(tracing: Tracing): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation = getOperationAST(args.document, args.operationName)
      if (!operation) return
      setExecuteFn((given) =>
        traced(tracing, operationSpan(operation), async (span) => {
          const result = await executeFn(given)
          const [error] = 'errors' in result ? (result.errors ?? []) : []
          if (error !== undefined) span.fail(typeOf(error))
          return result
        }),
      )
    },
  }
}

function limitParsing({ maxQueryTokens }: OperationLimits): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string) => parseQuery(source, { maxTokens: maxQueryTokens }))
    },
  }
}

function validateFurther(limits: OperationLimits): Plugin {
  return {
    onValidate({ addValidationRule }) {
      for (const rule of rulesOf(limits)) addValidationRule(rule)
      if (limits.isIntrospectionAllowed) return undefined
      return ({ valid, result, setResult }) => {
        if (valid) return
        setResult(
          result.map((error: unknown) => (error instanceof GraphQLError ? withoutSuggestion(error) : error)),
        )
      }
    },
  }
}

/**
 * What must not be executed: variables that do not fit, which graphql-js reports without a code where clients are promised
 * one, and what asks for too much.
 */
function refuseBefore(schema: GraphQLSchema, limits: OperationLimits): Plugin {
  const measure = createOperationMeasure(schema)
  const shown = limits.isIntrospectionAllowed ? (error: GraphQLError) => error : withoutSuggestion
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const operation = getOperationAST(args.document, args.operationName)
      if (!operation) return
      const { errors, coerced } = getVariableValues(
        args.schema,
        operation.variableDefinitions ?? [],
        args.variableValues ?? {},
      )
      const refuse = (refused: readonly GraphQLError[], code: string): void =>
        setResultAndStopExecution({
          errors: refused.map(
            ({ message, nodes }) =>
              new GraphQLError(message, {
                nodes: nodes ?? null,
                // Without data the draft demands 4xx; `spec` keeps 200 for clients that ask for application/json.
                extensions: { code, http: { spec: true, status: 400 } },
              }),
          ),
        })
      if (errors !== undefined) return refuse(errors.map(shown), 'BAD_USER_INPUT')
      const excess = excessOf(measure(args.document, operation, coerced), limits)
      if (excess !== null) refuse([tooComplex(excess)], 'QUERY_TOO_COMPLEX')
    },
  }
}

const refuseSubscriptions: Plugin = {
  onSubscribe({ setResultAndStopExecution }) {
    const message = 'Subscribe over a WebSocket (graphql-transport-ws), or with `Accept: text/event-stream`.'
    setResultAndStopExecution({
      errors: [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 406 } } })],
    })
  },
}
