import { EventSource } from 'eventsource'
import { createArrivals, entryOf, type OpenReader } from './reader.ts'

/** An EventSource resumes by itself: it sends the last `id:` as Last-Event-ID. It waits 3 s before it does. */
export const openEventSourceReader: OpenReader = (url, { query, variables }) => {
  const address = new URL('/graphql', url)
  address.searchParams.set('query', query)
  address.searchParams.set('variables', JSON.stringify(variables))
  const source = new EventSource(address)
  const arrivals = createArrivals()
  source.addEventListener('next', ({ data }) => {
    const entry = entryOf(JSON.parse(data).data)
    if (entry !== undefined) arrivals.add(entry)
  })
  return { ...arrivals, [Symbol.asyncDispose]: async () => source.close() }
}
