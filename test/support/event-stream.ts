/** One server-sent event. */
export interface ServerEvent {
  readonly event: string
  /** The parsed JSON; null without data. */
  readonly data: unknown
  readonly id?: string
}

/** A response of server-sent events, read as it arrives. */
export interface EventStream extends AsyncDisposable {
  readonly response: Response
  /** The next event. Rejects when the stream has ended. */
  next(): Promise<ServerEvent>
  /** All events up to the end of the stream. */
  rest(): Promise<readonly ServerEvent[]>
}

export interface EventRequest {
  readonly query: string
  readonly variables?: object
  /** GET is what EventSource sends. */
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent in the URL. */
  readonly token?: string
}

/** Resolves as soon as the response head has arrived. */
export async function openEventStream(
  url: string,
  { query, variables = {}, method = 'GET', headers = {}, token }: EventRequest,
): Promise<EventStream> {
  const address = new URL('/graphql', url)
  if (token !== undefined) address.searchParams.set('token', token)
  if (method === 'GET') {
    address.searchParams.set('query', query)
    address.searchParams.set('variables', JSON.stringify(variables))
  }
  const gone = new AbortController()
  const response = await fetch(address, {
    method,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    body: method === 'POST' ? JSON.stringify({ query, variables }) : null,
    signal: gone.signal,
  })
  const events = eventsOf(response)
  return {
    response,
    async next() {
      const { value, done } = await events.next()
      if (done || value === undefined) throw new Error('The stream is over')
      return value
    },
    async rest() {
      const left: ServerEvent[] = []
      for await (const event of events) left.push(event)
      return left
    },
    async [Symbol.asyncDispose]() {
      gone.abort()
    },
  }
}

async function* eventsOf(response: Response): AsyncGenerator<ServerEvent, void, void> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseEvent(block)
      if (event !== undefined) yield event
    }
  }
}

/** undefined for a comment. */
function parseEvent(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? []
    if (name !== undefined) fields.set(name, value)
  }
  const event = fields.get('event')
  if (event === undefined) return undefined
  const id = fields.get('id')
  const data = fields.get('data') ?? ''
  return { event, data: data === '' ? null : JSON.parse(data), ...(id === undefined ? {} : { id }) }
}
