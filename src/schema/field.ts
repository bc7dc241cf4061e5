import type { Plan } from '../engine/hub/source.ts'
import { type FieldCost, LOOKUP } from '../platform/limits/field-cost.ts'
import { type CallContext, callContextOf, type SharedContext } from '../resolvers/context.ts'

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** The field depends on the viewer: a selection containing it is not shared between subscribers. */
    readsViewer?: true
    /**
     * How a subscription field is served. Takes the field's arguments, coerced by its definition; throws GraphQLError
     * if the caller is not allowed. A method, so that each plan can declare its argument types: `servedBy` checks that
     * they match the field.
     */
    plan?(args: object, context: CallContext): Promise<Plan>
  }
}

/** The resolver of a root field: passes the caller on. */
export function asCaller<Args, Value>(
  resolve: (args: Args, context: CallContext) => Value,
): (root: unknown, args: Args, context: SharedContext) => Value {
  return (_root, args, context) => resolve(args, callContextOf(context))
}

/** The same for a root field whose one argument is `input`. */
export function asCallerOf<Input, Value>(
  resolve: (input: Input, context: CallContext) => Value,
): (root: unknown, args: { readonly input: Input }, context: SharedContext) => Value {
  return (_root, { input }, context) => resolve(input, callContextOf(context))
}

/** Marks a field reachable by subscriptions that depends on the viewer; unmarked fields cannot access the viewer. */
export function readsViewer<Parent, Value>(
  cost: FieldCost,
  resolve: (parent: Parent, context: CallContext) => Value,
): {
  readonly extensions: { readonly readsViewer: true; readonly cost: FieldCost }
  readonly resolve: (parent: Parent, args: object, context: SharedContext) => Value
} {
  return {
    extensions: { readsViewer: true, cost },
    resolve: (parent, _args, context) => resolve(parent, callContextOf(context)),
  }
}

/** The `extensions` of a list, or a field that costs more than reading a value of its parent. */
export function costs(cost: FieldCost): { readonly extensions: { readonly cost: FieldCost } } {
  return { extensions: { cost } }
}

/** Serves a subscription field through the hub by `plan`: the field is executed with each value as the root. */
export function servedBy<Args extends object>(
  plan: (args: Args, context: CallContext) => Promise<Plan>,
): {
  readonly extensions: {
    readonly cost: FieldCost
    plan(args: Args, context: CallContext): Promise<Plan>
  }
  readonly subscribe: (root: unknown, args: Args, context: SharedContext) => AsyncIterable<never>
  readonly resolve: (value: never) => never
} {
  return {
    extensions: { plan, cost: { weight: LOOKUP } },
    subscribe: () => {
      throw new Error('subscriptions are served by the hub, not by a source stream of their own')
    },
    resolve: (value) => value,
  }
}
