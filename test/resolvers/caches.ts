import { InMemoryCache } from '@apollo/client/cache'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { type FieldNode, Kind, parse, type SelectionNode } from 'graphql'
import relay from 'relay-runtime'

/** What a normalised cache, as it comes, gives back of an answer that was written into it. */
export type Cache = (query: string, data: Readonly<Record<string, unknown>>) => Promise<unknown>

/** Apollo Client: records by type and id. */
export const throughApollo: Cache = async (query, data) => {
  const cache = new InMemoryCache()
  cache.writeQuery({ query: parse(query), data })
  return cache.readQuery({ query: parse(query) })
}

/** urql with Graphcache: records by type and id. */
export const throughGraphcache: Cache = async (query, data) => {
  const client = new Client({
    url: 'http://server.example/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange(), fetchExchange],
    fetch: async () =>
      new Response(JSON.stringify({ data }), { headers: { 'content-type': 'application/json' } }),
  })
  await client.query(query, {}, { requestPolicy: 'network-only' }).toPromise()
  return (await client.query(query, {}, { requestPolicy: 'cache-only' }).toPromise()).data
}

/** Relay: records by id alone. */
export const throughRelay: Cache = async (query, data) => {
  const { Environment, Network, RecordSource, Store, createOperationDescriptor } = relay
  const environment = new Environment({
    network: Network.create(() => {
      throw new Error('Everything is in the store.')
    }),
    store: new Store(new RecordSource()),
  })
  const [definition] = parse(query).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('the document is one query')
  const selections = compiled(definition.selectionSet.selections, data)
  const operation = createOperationDescriptor(
    {
      kind: 'Request',
      fragment: { kind: 'Fragment', name: 'All', type: 'Query', argumentDefinitions: [], selections },
      operation: { kind: 'Operation', name: 'All', argumentDefinitions: [], selections },
      params: { cacheID: 'all', id: null, metadata: {}, name: 'All', operationKind: 'query', text: query },
    },
    {},
  )
  environment.commitPayload(operation, data)
  return environment.lookup(operation.fragment).data
}

type Compiled =
  | { kind: 'ScalarField'; alias: string | null; args: Literal[] | null; name: string; storageKey: null }
  | {
      kind: 'LinkedField'
      alias: string | null
      args: Literal[] | null
      concreteType: null
      name: string
      plural: boolean
      selections: Compiled[]
      storageKey: null
    }
interface Literal {
  kind: 'Literal'
  name: string
  value: unknown
}

/** Selections as relay-compiler writes them, without fragments; what is a list is seen from `data`. */
function compiled(selections: readonly SelectionNode[], data: unknown): Compiled[] {
  return selections
    .filter((each): each is FieldNode => each.kind === Kind.FIELD)
    .map(({ name, alias, arguments: given = [], selectionSet }) => {
      const key = alias?.value ?? name.value
      const args = given.map(({ name: { value: argument }, value }): Literal => {
        if (value.kind !== Kind.STRING) throw new TypeError('arguments are texts')
        return { kind: 'Literal', name: argument, value: value.value }
      })
      const common = {
        alias: alias?.value ?? null,
        args: args.length === 0 ? null : args,
        name: name.value,
        storageKey: null,
      }
      if (selectionSet === undefined) return { kind: 'ScalarField', ...common }
      const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined
      const [first] = Array.isArray(value) ? value : [value]
      return {
        kind: 'LinkedField',
        ...common,
        concreteType: null,
        plural: Array.isArray(value),
        selections: compiled(selectionSet.selections, first),
      }
    })
}
