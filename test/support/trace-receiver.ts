import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { portOf } from './free-port.ts'

/** A span received by OTLP, with its attributes as an object. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: { readonly code?: number }
  /** Attributes of the node that sent it. */
  readonly resource: Readonly<Record<string, unknown>>
}

/** A receiver of OTLP over HTTP, in JSON, on loopback. */
export interface TraceReceiver extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** Everything received, unparsed. */
  readonly text: string
  /** Requests, including rejected ones. */
  readonly requests: number
  /** Resolves with the first span that matches `isMeant`. */
  find(isMeant: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>
  /** Resolves when this many requests have arrived. */
  asked(count: number): Promise<void>
}

/** `hang` reads a request and never answers, `refuse` answers 403, and `put off` answers 503, which is retried. */
type Manner = 'take' | 'hang' | 'refuse' | 'put off'

const STATUS = { take: 200, refuse: 403, 'put off': 503 } as const

export async function startTraceReceiver(manner: Manner = 'take'): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = []
  let text = ''
  let requests = 0
  let arrival = Promise.withResolvers<void>()

  function answer(response: ServerResponse): void {
    if (manner === 'hang') return
    response.writeHead(STATUS[manner], { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    requests += 1
    text += body
    if (request.url === '/v1/traces' && manner === 'take') spans.push(...spansIn(JSON.parse(body)))
    answer(response)
    arrival.resolve()
    arrival = Promise.withResolvers()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    spans,
    get text() {
      return text
    },
    get requests() {
      return requests
    },
    async find(isMeant) {
      for (;;) {
        const found = spans.find(isMeant)
        if (found !== undefined) return found
        await arrival.promise
      }
    },
    async asked(count) {
      while (requests < count) await arrival.promise
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Keyed {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number }
}

interface Wire {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Keyed[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes' | 'resource'> & {
        readonly attributes: readonly Keyed[]
      })[]
    }[]
  }[]
}

function spansIn({ resourceSpans }: Wire): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: objectOf(span.attributes),
        resource: objectOf(resource.attributes),
      })),
    ),
  )
}

function objectOf(attributes: readonly Keyed[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  )
}
