import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { collectFields } from 'graphql/execution/collectFields.js'
import { getArgumentValues } from 'graphql/execution/values.js'
import type { Selection } from '../hub/delivery.ts'
import type { Plan } from '../hub/source.ts'
import { createSizeCheck } from '../limits/operation-size.ts'
import type { CallContext, SharedContext } from '../resolvers/context.ts'
import { operationSpan } from '../tracing/spans.ts'
import { NO_TRACING, type TraceParent, traced, typeOf } from '../tracing/tracing.ts'
import {
  type OperationLimits,
  parseQuery,
  rulesOf,
  tooComplex,
  validateQuery,
  withoutSuggestion,
} from './document.ts'
import { createDocumentCache } from './document-cache.ts'
import type { DocumentReference, Documents } from './trusted-documents.ts'

/** A GraphQL request as any transport brings it. */
export interface OperationRequest extends DocumentReference {
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that is well-formed and valid for the schema, with variables that fit. */
export interface Operation {
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
}

export type Preparation =
  | { readonly kind: 'ready'; readonly operation: Operation }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }

/** How to serve a subscription, and what to make of each value. */
export interface Planned {
  readonly plan: Plan
  readonly selection: Selection
}

/** How an operation is run, the same for WebSocket and SSE. */
export interface Operations {
  prepare(request: OperationRequest): Preparation
  /** A query or mutation. Errors in the result are masked already. */
  run(operation: Operation, context: CallContext, message?: TracedMessage): Promise<ExecutionResult>
  /** What a subscription asks of the hub. Throws GraphQLError where the caller may not. */
  plan(
    operation: Operation,
    context: CallContext,
    after?: string | null,
    message?: TracedMessage,
  ): Promise<Planned>
}

/** A message of a WebSocket that brought an operation: it is a request of its own. */
export interface TracedMessage {
  /** Of the client's span, as far as it sent one. */
  readonly parent: TraceParent | undefined
}

interface KnownDocument {
  readonly id: number
  readonly document: DocumentNode
  readonly errors: readonly GraphQLError[]
  readonly readsViewer: boolean
  /** By operation: the variable that is `after` and nothing else, where there is one. */
  readonly cursorVariables: ReadonlyMap<OperationDefinitionNode, string>
}

export function createOperations(
  schema: GraphQLSchema,
  shared: SharedContext,
  mask: (error: GraphQLError) => GraphQLError,
  limits: OperationLimits,
  documents: Documents,
  tracing = NO_TRACING,
): Operations {
  const rules = rulesOf(limits)
  const exceeds = createSizeCheck(schema, limits)
  const known = createDocumentCache<KnownDocument>()
  const ids = new WeakMap<DocumentNode, KnownDocument>()
  let parsed = 0

  function know(query: string): KnownDocument {
    const found = known.get(query)
    if (found !== undefined) return found
    const document = parseQuery(query, { maxTokens: limits.maxQueryTokens })
    const errors = validateQuery(schema, document, rules).map((error) =>
      withCode(shown(error), 'GRAPHQL_VALIDATION_FAILED'),
    )
    parsed += 1
    const made = {
      id: parsed,
      document,
      errors,
      readsViewer: errors.length === 0 && readsViewer(schema, document),
      cursorVariables: cursorVariablesOf(document),
    }
    // Errors hold on to all that was looked at to find them; and who sends what is not valid mends it.
    if (errors.length === 0) known.set(query, made)
    ids.set(document, made)
    return made
  }

  function shown(error: GraphQLError): GraphQLError {
    return limits.isIntrospectionAllowed ? error : withoutSuggestion(error)
  }

  function masked(result: ExecutionResult): ExecutionResult {
    return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) }
  }

  function selectionOf(operation: Operation, context: CallContext): Selection {
    const { document, definition, operationName, variables } = operation
    const facts = ids.get(document)
    if (facts === undefined) throw new RangeError('the operation was not prepared here')
    const viewerKey = facts.readsViewer ? `u${context.viewer?.user.id ?? ''}` : ''
    const contextValue = facts.readsViewer ? context : shared
    return {
      key: `${facts.id} ${operationName ?? ''} ${keyOfVariables(definition, variables, facts.cursorVariables.get(definition))} ${viewerKey}`,
      execute(rootValue) {
        const result = execute({
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue,
          rootValue,
        })
        return result instanceof Promise ? result.then(masked) : masked(result)
      },
    }
  }

  return {
    prepare(request) {
      const { operationName, variables } = request
      const admission = documents.admit(request)
      if (admission.kind === 'refused') return refused([admission.error])
      let facts: KnownDocument
      try {
        facts = know(admission.text)
      } catch (error) {
        if (error instanceof GraphQLError) return refused([withCode(error, 'GRAPHQL_PARSE_FAILED')])
        throw error
      }
      if (facts.errors.length > 0) return refused(facts.errors)
      const definition = getOperationAST(facts.document, operationName)
      if (!definition) {
        return refused([
          new GraphQLError('The operation to run could not be told from the others: name it.', {
            extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
          }),
        ])
      }
      const given = variables ?? {}
      const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], given)
      if (coerced.errors) {
        return refused(coerced.errors.map((error) => withCode(shown(error), 'BAD_USER_INPUT')))
      }
      const { document } = facts
      const excess = exceeds(document, definition, coerced.coerced)
      if (excess !== null) return refused([tooComplex(excess)])
      return {
        kind: 'ready',
        operation: { document, definition, operationName: operationName ?? null, variables: given },
      }
    },

    run({ document, definition, operationName, variables }, contextValue, message) {
      return traced(tracing, operationSpan(definition, message), async (span) => {
        const result = masked(
          await execute({ schema, document, operationName, variableValues: variables, contextValue }),
        )
        if (result.errors !== undefined) span.fail(typeOf(result.errors[0]))
        return result
      })
    },

    plan(operation, context, after = null, message) {
      return traced(tracing, operationSpan(operation.definition, message), async () => {
        const { field, args } = rootFieldOf(schema, operation)
        if (after !== null && field.args.some(({ name }) => name === 'after')) args['after'] = after
        const { plan } = field.extensions
        if (plan === undefined) throw new RangeError(`Subscription.${field.name} has no plan`)
        return { plan: await plan(args, context), selection: selectionOf(operation, context) }
      })
    },
  }
}

function refused(errors: readonly GraphQLError[]): Preparation {
  return { kind: 'refused', errors }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  if (error.extensions['code'] !== undefined) return error
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...error.extensions, code },
  })
}

/** Whether any field that the document may reach depends on who asks. */
function readsViewer(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema)
  let found = false
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        if (types.getFieldDef()?.extensions['readsViewer'] === true) found = true
      },
    }),
  )
  return found
}

/** The only field of a subscription (the GraphQL specification allows no second one), with its arguments. */
function rootFieldOf(
  schema: GraphQLSchema,
  { document, definition, variables }: Operation,
): { readonly field: GraphQLField<unknown, unknown>; readonly args: Record<string, unknown> } {
  const type = schema.getSubscriptionType()
  const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], variables)
  if (!type || coerced.errors) throw new RangeError('the operation was not prepared')
  const fragments: Record<string, FragmentDefinitionNode> = {}
  for (const each of document.definitions) {
    if (each.kind === 'FragmentDefinition') fragments[each.name.value] = each
  }
  const [node] = [
    ...collectFields(schema, fragments, coerced.coerced, type, definition.selectionSet).values(),
  ].flat()
  const field = node === undefined ? undefined : type.getFields()[node.name.value]
  if (node === undefined || field === undefined) {
    throw new GraphQLError('A subscription selects one field.', { extensions: { code: 'BAD_USER_INPUT' } })
  }
  return { field, args: getArgumentValues(field, node, coerced.coerced) }
}

/** By operation, the variable that is the `after` of its root field, where it is used for nothing else. */
function cursorVariablesOf(document: DocumentNode): ReadonlyMap<OperationDefinitionNode, string> {
  const found = new Map<OperationDefinitionNode, string>()
  for (const definition of document.definitions) {
    if (definition.kind !== 'OperationDefinition') continue
    const [root] = definition.selectionSet.selections
    const after =
      root?.kind === 'Field' ? root.arguments?.find(({ name }) => name.value === 'after')?.value : undefined
    if (after?.kind === 'Variable' && countUses(document, after.name.value) === 1) {
      found.set(definition, after.name.value)
    }
  }
  return found
}

function countUses(document: DocumentNode, variable: string): number {
  let uses = 0
  visit(document, {
    VariableDefinition: () => false,
    Variable({ name }) {
      if (name.value === variable) uses += 1
    },
  })
  return uses
}

/**
 * The declared variables without `cursor`: readers of one operation who begin at different cursors get the same bytes afterwards,
 * and share them. What is not declared changes nothing, was not checked, and may nest without end.
 */
function keyOfVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Operation['variables'],
  cursor: string | undefined,
): string {
  const declared = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  const kept = Object.entries(variables).filter(([name]) => name !== cursor && declared.has(name))
  return JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
}
