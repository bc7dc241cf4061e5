/**
 * What a field adds to the cost of an operation, in its `extensions.cost`. The default of 1 fits a value that the
 * parent already has.
 */
export interface FieldCost {
  /** Cost each time the field is resolved. Default 1. 0 is free, unless it has an alias. */
  readonly weight?: number
  /** Assumed list size without `first` and `last`. Connections: 20. */
  readonly size?: number
  /** Maximum assumed list size: the resolver rejects more. Default 100. */
  readonly maxSize?: number
}

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    cost?: FieldCost
  }
}

/**
 * The weights follow measurements on the embedded database, where all work happens in this process: one unit is about
 * 10 to 20 microseconds. A field of a loaded object takes 1 to 10 microseconds, a statement about 1 ms.
 */
/** A statement of its own. */
export const STATEMENT = 50
/** A batched lookup by id, shared by all such fields of an operation; also what a subscription needs to begin. */
export const LOOKUP = 20
/** A share of one statement for all parents of a page: one index lookup per parent. */
export const SHARE = 3
/** Already paid for by the field that returned the parent. */
export const PAID = 1
/** The wrapper objects of a connection, which every list selects. */
export const FREE = 0
/** The default for fields of Mutation, which have a rate limit of their own and share their transaction. */
export const COMMAND = 10
/** A root list of up to 1000 rows without `first`: its statement weighs more, since the list counts as one page. */
export const LONG_LIST = { weight: 2 * STATEMENT, size: 20 } as const satisfies FieldCost
