import {
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type ValidationRule,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { CallContext } from '../../resolvers/context.ts'
import type { Mask } from '../masking.ts'
import { parseQuery } from '../operation.ts'

/** Answers queries and mutations by the GraphQL-over-HTTP specification. */
export interface YogaServer {
  answer(request: Request, context: CallContext): Promise<Response>
}

/** `rules`: to validate by beside those of the specification. */
export function createYogaServer(
  schema: GraphQLSchema,
  mask: Mask,
  rules: readonly ValidationRule[] = [],
): YogaServer {
  const validateFurther: Plugin = {
    onValidate({ addValidationRule }) {
      for (const rule of rules) addValidationRule(rule)
    },
  }
  const yoga = createYoga<CallContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    logging: false,
    maskedErrors: { maskError: (error) => mask(error) },
    plugins: [parseDeepQueries, validateFurther, refuseBadVariables, refuseSubscriptions],
  })
  return { answer: async (request, context) => yoga.fetch(request, context) }
}

const parseDeepQueries: Plugin = {
  onParse({ setParseFn }) {
    setParseFn(parseQuery)
  },
}

/** graphql-js reports variables that do not fit without a code; clients are promised one. */
const refuseBadVariables: Plugin = {
  onExecute({ args, setResultAndStopExecution }) {
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation) return
    const { errors } = getVariableValues(
      args.schema,
      operation.variableDefinitions ?? [],
      args.variableValues ?? {},
    )
    if (errors === undefined) return
    setResultAndStopExecution({
      errors: errors.map(
        (error) =>
          new GraphQLError(error.message, {
            nodes: error.nodes ?? null,
            // Without data the draft demands 4xx; `spec` keeps 200 for clients that ask for application/json.
            extensions: { code: 'BAD_USER_INPUT', http: { spec: true, status: 400 } },
          }),
      ),
    })
  },
}

const refuseSubscriptions: Plugin = {
  onSubscribe({ setResultAndStopExecution }) {
    const message = 'Subscribe over a WebSocket (graphql-transport-ws), or with `Accept: text/event-stream`.'
    setResultAndStopExecution({
      errors: [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 406 } } })],
    })
  },
}
