import { STATEMENT } from '../platform/limits/field-cost.ts'
import type { NodeView } from '../resolvers/node.ts'
import { node, typeOfNode } from '../resolvers/nodes.ts'
import { builder } from './builder.ts'
import { asCaller, costs } from './field.ts'

export const Node = builder.interfaceRef<NodeView>('Node').implement({
  description: 'Whatever has a global id: `node(id:)` finds it again.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Opaque. Unique across all types: its prefix says which type it is of.',
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
