import { STATEMENT } from '../platform/limits/field-cost.ts'
import type { NodeResolver, NodeView } from '../resolvers/node.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { SharedInterface } from './shared-types.ts'

export const Node = new SharedInterface<NodeView>('Node')

/** The interface of all types with a global id, and the query `node`. */
export function addNode(builder: Builder, { node, typeOfNode }: NodeResolver): void {
  Node.in(builder).implement({
    description: 'An object with a global id, which `node(id:)` finds again.',
    fields: (t) => ({
      id: t.exposeID('id', {
        description: 'Opaque. Unique across all types: the prefix identifies the type.',
      }),
    }),
    resolveType: typeOfNode,
  })

  builder.queryField('node', (t) =>
    t.field({
      type: Node,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(node),
    }),
  )
}
