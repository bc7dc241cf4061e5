import type { Payload, Sink } from './delivery.ts'

/** A sink that can be shut: what is sent to it meanwhile waits, in order. */
export interface Gate {
  readonly sink: Sink
  shut(): void
  /** Lets through what waits. Harmless where it is open. */
  open(): void
  /** The subscription is over: what waits is dropped. */
  close(): void
}

/** So many payloads may wait for as long as a question to the record takes. */
const MAX_WAITING = 10_000

/** A gate before `sink`, shut at first. `onOverflow`: too much waits; nothing of it will be let through. */
export function createGate(sink: Sink, onOverflow: () => void): Gate {
  let waiting: Payload[] = []
  let opening: PromiseWithResolvers<void> | undefined = Promise.withResolvers()

  function keep(payload: Payload): void {
    if (waiting.push(payload) <= MAX_WAITING) return
    waiting = []
    onOverflow()
  }

  const gated = {
    send: keep,
    // A replay pauses while it is shut, and state is conflated.
    isCongested: () => opening !== undefined || sink.isCongested(),
    async drained() {
      await opening?.promise
      await sink.drained()
    },
    end: (error) => sink.end(error),
  } satisfies Sink as { -readonly [Name in keyof Sink]: Sink[Name] }

  function release(): void {
    opening?.resolve()
    opening = undefined
  }

  return {
    sink: gated,
    shut() {
      opening ??= Promise.withResolvers()
      gated.send = keep
    },
    open() {
      if (opening === undefined) return
      const passed = waiting
      waiting = []
      // Open, it costs a delivery nothing.
      gated.send = (payload) => sink.send(payload)
      for (const payload of passed) sink.send(payload)
      release()
    },
    close() {
      waiting = []
      gated.send = () => {}
      release()
    },
  }
}
