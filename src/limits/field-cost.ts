/**
 * What a field adds to the cost of an operation. It stands in the field's `extensions.cost`; a field without one costs 1,
 * which is right for a value that the parent already holds.
 */
export interface FieldCost {
  /** Per time that the field is resolved. Default 1. */
  readonly weight?: number
  /** Items that a list counts as, where neither `first` nor `last` says. Connections: 20. */
  readonly size?: number
  /** Items that a list counts as at most: more are refused by the resolver. Default 100. */
  readonly maxSize?: number
}

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    cost?: FieldCost
  }
}

/** A statement of its own, as root fields make one. */
export const STATEMENT = 20
/** A share of a statement that all parents of a page make together: one index look-up per parent. */
export const SHARE = 3
/** Already paid for by the field that returned the parent. */
export const PAID = 1
/** A root list without `first`, of up to 1000 rows: the statement weighs more, since the list counts as a page. */
export const LONG_LIST = { weight: 3 * STATEMENT, size: 20 } as const satisfies FieldCost
/** A field of Mutation, where nothing else is said: a transaction, of which a batch shares the commit. */
export const COMMAND = 10
