/**
 * What a field adds to the cost of an operation. It stands in the field's `extensions.cost`; a field without one costs 1,
 * which is right for a value that the parent already holds.
 */
export interface FieldCost {
  /** Per time that the field is resolved. Default 1. 0: free, unless it has an alias. */
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

/**
 * The weights follow what was measured on the embedded database, where all work is the process's own: a unit is about 10 to
 * 20 microseconds. A field of an object that is there takes 1 to 10 of them, a statement about 1 ms.
 */
/** A statement of its own. */
export const STATEMENT = 50
/** A look by id, which all such fields of an operation make together; what a subscription needs to begin. */
export const LOOKUP = 20
/** A share of a statement that all parents of a page make together: one index look-up per parent. */
export const SHARE = 3
/** Already paid for by the field that returned the parent. */
export const PAID = 1
/** What a connection is made of, which every list selects. */
export const FREE = 0
/** A field of Mutation, where nothing else is said: it has a limit of its own, and shares its transaction. */
export const COMMAND = 10
/** A root list without `first`, of up to 1000 rows: the statements weigh more, since the list counts as a page. */
export const LONG_LIST = { weight: 2 * STATEMENT, size: 20 } as const satisfies FieldCost
