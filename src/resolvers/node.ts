import { hasReservedPrefix } from '../engine/kernel/id.ts'
import type { CallContext } from './context.ts'

/** The object behind a global id. */
export interface NodeView {
  readonly id: string
}

/** How objects of one type are found by their global ids. */
export interface NodeLoader {
  /** The prefix of their ids. */
  readonly prefix: string
  /** The GraphQL type. */
  readonly typeName: string
  /** Whether some of their ids have no prefix. At most one type may. */
  readonly hasBareIds?: boolean
  /** Null if the object does not exist or the caller may not see it. */
  load(id: string, context: CallContext): Promise<NodeView | null>
}

export interface NodeResolver {
  /** Null if the object does not exist or the caller may not see it. */
  node(args: { readonly id: string }, context: CallContext): Promise<NodeView | null>
  /** The type name of an object that `node` found. */
  typeOfNode(found: NodeView): string
}

export function createNodeResolver(loaders: readonly NodeLoader[]): NodeResolver {
  const bare = loaders.find(({ hasBareIds }) => hasBareIds === true)
  /** Types of found objects: not every object contains its global id or type. */
  const types = new WeakMap<NodeView, string>()

  function loaderOf(id: string): NodeLoader | undefined {
    const named = loaders.find(({ prefix }) => id.startsWith(prefix))
    return named ?? (hasReservedPrefix(id) ? undefined : bare)
  }

  return {
    async node({ id }, context) {
      const loader = loaderOf(id)
      const found = (await loader?.load(id, context)) ?? null
      if (loader !== undefined && found !== null) types.set(found, loader.typeName)
      return found
    },

    typeOfNode(found) {
      const typeName = types.get(found)
      if (typeName === undefined) throw new Error('only what node(id:) found is resolved as a Node')
      return typeName
    },
  }
}
