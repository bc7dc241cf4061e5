import type { Client } from 'graphql-ws'
import { connect, type GraphqlResult, post, type Recording, record } from './graphql-client.ts'
import type { TestNode } from './node.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A user of a node over HTTP and one WebSocket: signed in, or a visitor. */
export interface Caller extends AsyncDisposable {
  /** Empty for a visitor. */
  readonly id: string
  readonly token: string | undefined
  /** The WebSocket: opened by the first use. */
  readonly client: Client
  /** The single root field of a query or mutation over HTTP. Throws if the response has errors. */
  ask<Answer>(document: string, variables?: Variables): Promise<Answer>
  /** The code of the first error; throws if there is none. */
  refusal(document: string, variables?: Variables): Promise<unknown>
  /** The complete response over HTTP. */
  answer(document: string, variables?: Variables): Promise<GraphqlResult>
  record<Value>(document: string, variables?: Variables): Recording<Value>
}

/** `sub` undefined: a visitor. */
export async function createCaller(
  node: Pick<TestNode, 'url' | 'wsUrl' | 'token'>,
  sub?: string,
  roles: readonly string[] = [],
): Promise<Caller> {
  const token = sub === undefined ? undefined : await node.token(sub, { roles })
  let client: Client | undefined
  const opened = (): Client => {
    client ??= connect(node.wsUrl, token)
    return client
  }
  const answer = (document: string, variables: Variables = {}) => post(node.url, document, variables, token)
  return {
    id: sub ?? '',
    token,
    get client() {
      return opened()
    },
    answer,
    async ask<Answer>(document: string, variables?: Variables) {
      const { data, errors } = await answer(document, variables)
      const [value] = Object.values(data ?? {})
      if (errors !== undefined || value === undefined) throw new Error(JSON.stringify(errors ?? data))
      return value as Answer
    },
    async refusal(document, variables) {
      const result = await answer(document, variables)
      const [error] = result.errors ?? []
      if (error === undefined) throw new Error(`no error came: ${JSON.stringify(result)}`)
      return error.extensions?.['code']
    },
    record: (document, variables) => record(opened(), document, variables),
    async [Symbol.asyncDispose]() {
      await client?.dispose()
    },
  }
}

/** The code with which a subscription ends: of the `error` frame, or of the socket's close. Undefined: `complete`. */
export async function codeOfEnd(recording: Pick<Recording<unknown>, 'ended'>): Promise<unknown> {
  const reason = await recording.ended
  const [error]: readonly GraphqlError[] = Array.isArray(reason) ? reason : []
  if (error !== undefined) return error.extensions?.['code']
  return typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : reason
}

type GraphqlError = NonNullable<GraphqlResult['errors']>[number]

/** Resolves when everything that the server has sent to this caller's WebSocket so far has been read. */
export async function caughtUp({ client }: Pick<Caller, 'client'>): Promise<void> {
  for await (const _ of client.iterate({ query: '{ __typename }' }));
}
