import { FREE } from '../platform/limits/field-cost.ts'
import type { Connection, Edge, PageInfo as PageInfoShape } from '../resolvers/paging.ts'
import type { Builder, TypeOf } from './builder.ts'
import { costs } from './field.ts'
import { SharedObject } from './shared-types.ts'

const PageInfo = new SharedObject<PageInfoShape>('PageInfo')

/** PageInfo, which every connection has. */
export function addPageInfo(builder: Builder): void {
  PageInfo.in(builder).implement({
    fields: (t) => ({
      hasNextPage: t.exposeBoolean('hasNextPage'),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
      startCursor: t.exposeString('startCursor', { nullable: true }),
      endCursor: t.exposeString('endCursor', { nullable: true }),
    }),
  })
}

/** The types `${name}Edge` and `${name}Connection` of the Relay connection specification. */
export function connectionType<Node extends object, Page extends Connection<Node> = Connection<Node>>(
  builder: Builder,
  name: string,
  node: TypeOf<Node>,
): TypeOf<Page> {
  // Pothos cannot infer the field's value from a type parameter; it need only know that it is an object.
  const anyNode: TypeOf<object> = node
  const edge = builder.objectRef<Edge<Node>>(`${name}Edge`).implement({
    description: `One item of a ${name}Connection.`,
    fields: (t) => ({
      node: t.field({
        type: anyNode,
        description: 'The item itself.',
        ...costs({ weight: FREE }),
        resolve: (parent) => parent.node,
      }),
      cursor: t.exposeString('cursor', {
        description: 'The position of the item in its list, for `after` and `before`.',
        ...costs({ weight: FREE }),
      }),
    }),
  })
  return builder.objectRef<Page>(`${name}Connection`).implement({
    description: `A page of a list of ${name} (Relay connections).`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        description: 'The items of the page, in list order.',
        ...costs({ weight: FREE }),
        resolve: (parent) => parent.edges,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'The position of the page in the list.',
        ...costs({ weight: FREE }),
        resolve: (parent) => parent.pageInfo,
      }),
    }),
  })
}
