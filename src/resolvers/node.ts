import { hasReservedPrefix } from '../engine/kernel/id.ts'
import type { CallContext } from './context.ts'

/** What a global id names. */
export interface NodeView {
  readonly id: string
}

/** How the things of one type are found by their global ids. */
export interface NodeLoader {
  /** How their ids begin. */
  readonly prefix: string
  /** The type of the schema. */
  readonly typeName: string
  /** Whether some of them have ids without any prefix: of one type at most. */
  readonly hasBareIds?: boolean
  /** Null where `id` names nothing, or nothing that the caller may see. */
  load(id: string, context: CallContext): Promise<NodeView | null>
}

export interface NodeResolver {
  /** Null where the id names nothing, or nothing that the caller may see. */
  node(args: { readonly id: string }, context: CallContext): Promise<NodeView | null>
  /** The name of the type of what `node` found. */
  typeOfNode(found: NodeView): string
}

export function createNodeResolver(loaders: readonly NodeLoader[]): NodeResolver {
  const bare = loaders.find(({ hasBareIds }) => hasBareIds === true)
  /** By what was found: not everything that has a global id holds it, nor its type. */
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
