import { ApolloClient, gql, InMemoryCache } from '@apollo/client/core'
import { Client } from '@urql/core'
import { EventSource } from 'eventsource'
import { createRostrumLink } from '../src/apollo.ts'
import { readEvents } from '../src/event-source.ts'
import { createRostrumClient, type RostrumError, type TokenSource } from '../src/index.ts'
import { createRostrumExchange } from '../src/urql.ts'

/** What the kit asks of every entry, whoever subscribes. */
export interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly reset?: boolean
}

export interface Reader {
  /** All that came, in order. */
  readonly entries: readonly Entry[]
  /** What ended it; undefined while it goes on. */
  readonly ended: () => unknown
  [Symbol.asyncDispose](): Promise<void>
}

export interface ReaderOptions {
  /** Of the server. */
  readonly url: string
  readonly token?: TokenSource
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

export type OpenReader = (options: ReaderOptions) => Reader

/** Soon, so that tests are short. */
export const backoff = (): number => 50

function entryOf(data: unknown): Entry {
  const [entry] = Object.values(data as Readonly<Record<string, Entry>>)
  if (entry === undefined) throw new TypeError('a subscription has one field')
  return entry
}

const openKitReader: OpenReader = ({ url, token = null, query, variables }) => {
  const client = createRostrumClient({ url, token, backoff })
  const entries: Entry[] = []
  let end: unknown
  client.subscribe(
    { query, variables },
    {
      next: ({ data }) => void entries.push(entryOf(data)),
      error: (error) => {
        end = error
      },
      complete: () => {
        end ??= 'complete'
      },
    },
  )
  return { entries, ended: () => end, [Symbol.asyncDispose]: () => client.dispose() }
}

const openIterating: OpenReader = ({ url, token = null, query, variables }) => {
  const client = createRostrumClient({ url, token, backoff })
  const entries: Entry[] = []
  let end: unknown
  const reading = (async () => {
    try {
      for await (const { data } of client.iterate({ query, variables })) entries.push(entryOf(data))
      end = 'complete'
    } catch (error) {
      end = error
    }
  })()
  return {
    entries,
    ended: () => end,
    async [Symbol.asyncDispose]() {
      await client.dispose()
      await reading
    },
  }
}

const openApollo: OpenReader = ({ url, token = null, query, variables }) => {
  const kit = createRostrumClient({ url, token, backoff })
  const client = new ApolloClient({ link: createRostrumLink(kit), cache: new InMemoryCache() })
  const entries: Entry[] = []
  let end: unknown
  const subscription = client
    .subscribe({ query: gql(query), variables: { ...variables }, fetchPolicy: 'no-cache' })
    .subscribe({
      next({ data, error }) {
        if (error !== undefined) end = error
        else entries.push(entryOf(data))
      },
      error: (error: unknown) => {
        end = error
      },
      complete: () => {
        end ??= 'complete'
      },
    })
  return {
    entries,
    ended: () => end,
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      client.stop()
      await kit.dispose()
    },
  }
}

const openUrql: OpenReader = ({ url, token = null, query, variables }) => {
  const kit = createRostrumClient({ url, token, backoff })
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    exchanges: [createRostrumExchange(kit)],
  })
  const entries: Entry[] = []
  let end: unknown
  const subscription = client.subscription(query, { ...variables }).subscribe(({ data, error }) => {
    if (error !== undefined) end = error
    else entries.push(entryOf(data))
  })
  return {
    entries,
    ended: () => end,
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      await kit.dispose()
    },
  }
}

const openEvents: OpenReader = ({ url, token = null, query, variables }) => {
  const entries: Entry[] = []
  let end: unknown
  const stop = readEvents(
    { query, variables },
    {
      next: ({ data }) => void entries.push(entryOf(data)),
      error: (error: RostrumError) => {
        end = error
      },
      complete: () => {
        end ??= 'complete'
      },
    },
    { url, token, eventSourceImpl: EventSource, backoff },
  )
  return { entries, ended: () => end, [Symbol.asyncDispose]: async () => stop() }
}

export const READERS: readonly (readonly [string, OpenReader])[] = [
  ['RostrumClient.subscribe', openKitReader],
  ['RostrumClient.iterate', openIterating],
  ['the Apollo link', openApollo],
  ['the urql exchange', openUrql],
  ['the EventSource reader', openEvents],
]
