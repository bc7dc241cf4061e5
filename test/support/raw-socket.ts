import { WebSocket } from 'ws'

export interface Frame {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A WebSocket that speaks graphql-transport-ws only as far as a test makes it. */
export interface RawSocket extends Disposable {
  readonly frames: readonly Frame[]
  /** A string goes as it is, anything else as JSON; a Buffer as a binary frame. */
  send(message: unknown): void
  /** The first frame that fits, of those that came and those to come. Rejects when the socket closes before. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>
  /** The code that it was closed with. */
  readonly closed: Promise<number>
}

/** Opens one and, unless told not to, has it acknowledged. */
export async function openRawSocket(
  wsUrl: string,
  { token, init = true }: { readonly token?: string | undefined; readonly init?: boolean } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws')
  const frames: Frame[] = []
  const closed = Promise.withResolvers<number>()
  let wake = Promise.withResolvers<void>()
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)) as Frame)
    wake.resolve()
    wake = Promise.withResolvers()
  })
  socket.on('close', (code) => closed.resolve(code))
  // What breaks the socket shows in how it closes.
  let broken = ''
  socket.on('error', ({ message }) => {
    broken = ` (${message})`
  })
  await new Promise((resolve) => socket.once('open', resolve))

  const raw: RawSocket = {
    frames,
    closed: closed.promise,
    send(message) {
      const isVerbatim = typeof message === 'string' || Buffer.isBuffer(message)
      socket.send(isVerbatim ? message : JSON.stringify(message))
    },
    async frame(fits) {
      for (;;) {
        const found = frames.find(fits)
        if (found !== undefined) return found
        const code = await Promise.race([wake.promise, closed.promise])
        if (code !== undefined)
          throw new Error(`closed with ${code}${broken} after ${JSON.stringify(frames)}`)
      }
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
  if (init) {
    raw.send({ type: 'connection_init', payload: token === undefined ? {} : { token } })
    await raw.frame(({ type }) => type === 'connection_ack')
  }
  return raw
}

/** The error frames of an operation that is sent as `payload`, or its `next` where it is served. */
export async function operate(socket: RawSocket, id: string, payload: unknown): Promise<Frame> {
  socket.send({ id, type: 'subscribe', payload })
  return socket.frame((frame) => frame.id === id)
}
