// Over 300 lines: the one pipeline of an operation, from its document to its result.

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
import type { Selection } from '../engine/hub/delivery.ts'
import type { Plan } from '../engine/hub/source.ts'
import { createIntrospectionMeasure } from '../platform/limits/introspection-cost.ts'
import { createEventMeasure, createOperationMeasure, excessOf } from '../platform/limits/operation-cost.ts'
import { createQueryCosts, type QueryCosts } from '../platform/limits/query-costs.ts'
import { operationSpan } from '../platform/tracing/spans.ts'
import { NO_TRACING, type TraceParent, traced, typeOf } from '../platform/tracing/tracing.ts'
import type { CallContext, SharedContext } from '../resolvers/context.ts'
import { operationAbandoned, queriesLimited } from '../resolvers/errors.ts'
import { type OperationLimits, tooComplex, withoutSuggestion } from './document.ts'
import { createKnownDocuments } from './known-documents.ts'
import type { DocumentReference, Documents } from './trusted-documents.ts'

/** A GraphQL request, from any transport. */
export interface OperationRequest extends DocumentReference {
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that is valid for the schema, with coerced variables. */
export interface Operation {
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
  /** Its cost: see docs/api.md. For a subscription, that of its most expensive event or snapshot. */
  readonly cost: number
}

export type Preparation =
  | { readonly kind: 'ready'; readonly operation: Operation }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }

/** How to serve a subscription, and how to render each value. */
export interface Planned {
  readonly plan: Plan
  readonly selection: Selection
  /** Cost of one execution for an event. Snapshots are charged when the subscription starts. */
  readonly cost: number
}

/** Runs operations, the same way for WebSocket and SSE. */
export interface Operations {
  /** Charges the asker: RATE_LIMITED if it would exceed QUERY_COST_PER_SECOND. */
  prepare(request: OperationRequest, asker: Asker): Preparation
  /** Executes a query or mutation. Errors in the result are already masked. */
  run(operation: Operation, context: CallContext, message?: TracedMessage): Promise<ExecutionResult>
  /** The hub request for a subscription. Throws GraphQLError if the caller is not allowed. */
  plan(
    operation: Operation,
    context: CallContext,
    after?: string | null,
    message?: TracedMessage,
  ): Promise<Planned>
}

/** The WebSocket message that carried the operation, which counts as a request of its own. */
export interface TracedMessage {
  /** The client's trace context, if it sent one. */
  readonly parent: TraceParent | undefined
}

/** What is known statically about the operations of a valid document. */
interface DocumentFacts {
  readonly id: number
  readonly readsViewer: boolean
  /** By operation: the variable used for `after` and nothing else, if any. */
  readonly cursorVariables: ReadonlyMap<OperationDefinitionNode, string>
}

/** The identity of a caller for limits. */
export type Asker = Pick<CallContext, 'client' | 'viewer'>

/** A document that is not cached costs extra by length: validating 5 KB takes up to 5 ms. */
const PREPARATION = { charactersPerUnit: 16, max: 320 } as const
const NEVER = new AbortController().signal
/** Bucket capacity as refill time: spent at once, it must not noticeably delay other clients. */
const BURST_SECONDS = 2
/** A visitor's share of a user's allowance, since a visitor cannot be revoked. */
const VISITORS_SHARE = 0.4

export function createOperations(
  schema: GraphQLSchema,
  shared: SharedContext,
  mask: (error: GraphQLError) => GraphQLError,
  limits: OperationLimits,
  documents: Documents,
  tracing = NO_TRACING,
): Operations {
  const measure = createOperationMeasure(schema)
  const measureEvents = createEventMeasure(schema)
  const measureIntrospection = createIntrospectionMeasure(schema)
  const known = createKnownDocuments(schema, limits)
  const costsOf = (perSecond: number): QueryCosts =>
    createQueryCosts({
      perSecond,
      burst: Math.max(BURST_SECONDS * perSecond, limits.maxQueryComplexity + PREPARATION.max),
    })
  const userCosts = costsOf(limits.queryCostPerSecond)
  const visitorCosts = costsOf(VISITORS_SHARE * limits.queryCostPerSecond)
  const facts = new WeakMap<DocumentNode, DocumentFacts>()

  function factsOf(id: number, document: DocumentNode): DocumentFacts {
    const before = facts.get(document)
    if (before !== undefined) return before
    const made = {
      id,
      readsViewer: readsViewer(schema, document),
      cursorVariables: cursorVariablesOf(document),
    }
    facts.set(document, made)
    return made
  }

  /** Takes `cost` from the asker's bucket. Undefined on success. Services are exempt. */
  function charge({ client, viewer }: Asker, cost: number): Preparation | undefined {
    if (viewer?.roles.has('SERVICE') === true) return undefined
    const waitMs = (viewer === null ? visitorCosts : userCosts).take(client, cost)
    return waitMs === 0 ? undefined : refused([queriesLimited(waitMs)])
  }

  function shown(error: GraphQLError): GraphQLError {
    return limits.isIntrospectionAllowed ? error : withoutSuggestion(error)
  }

  function masked(result: ExecutionResult): ExecutionResult {
    return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) }
  }

  function selectionOf(operation: Operation, context: CallContext): Selection {
    const { document, definition, operationName, variables } = operation
    const found = facts.get(document)
    if (found === undefined) throw new RangeError('the operation was not prepared here')
    // A subscription's viewer may change; the group's must not, since its key contains the viewer.
    const { viewer } = context
    const viewerKey = found.readsViewer ? `u${viewer?.user.id ?? ''}` : ''
    // Other connections of the same user share its execution: it outlives the one that started it.
    const contextValue = found.readsViewer ? { ...context, viewer, signal: NEVER } : shared
    return {
      key: `${found.id} ${operationName ?? ''} ${keyOfVariables(definition, variables, found.cursorVariables.get(definition))} ${viewerKey}`,
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

  function runningCostOf(
    { document, definition, cost }: Operation,
    plan: Plan,
    coerced: Readonly<Record<string, unknown>>,
  ): number {
    if (plan.kind !== 'history') return cost
    return measureEvents(document, definition, coerced, plan.source.snapshotType)
  }

  return {
    prepare(request, asker) {
      const { operationName, variables } = request
      const admission = documents.admit(request)
      if (admission.kind === 'refused') return charge(asker, 1) ?? refused([admission.error])
      const { text } = admission
      const before = known.find(text)
      const preparation = before === undefined ? preparationCostOf(text) : 0
      const limited = preparation === 0 ? undefined : charge(asker, preparation)
      if (limited !== undefined) return limited
      const found = before ?? known.read(text)
      if (found.kind === 'refused') return charge(asker, 1) ?? refused(found.errors)
      const { document } = found
      factsOf(found.id, document)
      const definition = getOperationAST(document, operationName)
      if (!definition) return charge(asker, 1) ?? refused([unresolved()])
      const given = variables ?? {}
      const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], given, COERCION)
      if (coerced.errors) {
        const errors = coerced.errors.map((error) => withCode(shown(error), 'BAD_USER_INPUT'))
        return charge(asker, 1) ?? refused(errors)
      }
      const size = measure(document, definition, coerced.coerced)
      const excess = excessOf(size, limits)
      if (excess !== null) return charge(asker, 1) ?? refused([tooComplex(excess)])
      const { cost } = size
      const operation = { document, definition, operationName: operationName ?? null, variables: given, cost }
      const introspection = measureIntrospection(document, definition)
      return charge(asker, cost + introspection) ?? { kind: 'ready', operation }
    },

    run({ document, definition, operationName, variables }, contextValue, message) {
      const isUnasked = definition.operation === 'query' && contextValue.signal.aborted
      if (isUnasked) return Promise.resolve({ errors: [operationAbandoned] })
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
        const { field, args, coerced } = rootFieldOf(schema, operation)
        if (after !== null && field.args.some(({ name }) => name === 'after')) args['after'] = after
        const { plan } = field.extensions
        if (plan === undefined) throw new RangeError(`Subscription.${field.name} has no plan`)
        const planned = await plan(args, context)
        const cost = runningCostOf(operation, planned, coerced)
        return { plan: planned, selection: selectionOf(operation, context), cost }
      })
    },
  }
}

/** Maximum number of variable errors. */
const COERCION = { maxErrors: 20 } as const

function preparationCostOf(text: string): number {
  return Math.min(Math.ceil(text.length / PREPARATION.charactersPerUnit), PREPARATION.max)
}

function unresolved(): GraphQLError {
  return new GraphQLError('The document has several operations: set operationName.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  })
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

/** Whether any field in the document depends on the viewer. */
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

/**
 * The single root field of a subscription (the GraphQL specification allows only one), with its arguments and all
 * variables.
 */
function rootFieldOf(
  schema: GraphQLSchema,
  { document, definition, variables }: Operation,
): {
  readonly field: GraphQLField<unknown, unknown>
  readonly args: Record<string, unknown>
  readonly coerced: Readonly<Record<string, unknown>>
} {
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
  return { field, args: getArgumentValues(field, node, coerced.coerced), coerced: coerced.coerced }
}

/** By operation: the variable passed as `after` to its root field, if it is used for nothing else. */
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
 * The declared variables except `cursor`: readers of one operation who start at different cursors receive the same
 * bytes afterwards, and share them. Undeclared variables have no effect, were not validated, and may nest arbitrarily
 * deep.
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
