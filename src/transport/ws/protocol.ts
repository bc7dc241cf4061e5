import { GraphQLError } from 'graphql'
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
  parseMessage,
  type SubscribeMessage,
} from 'graphql-ws'
import { isNestedTooDeep } from '../../engine/kernel/json.ts'
import { Overloaded } from '../../engine/kernel/overloaded.ts'
import type { Session } from '../../engine/session/session.ts'
import { type Credential, tokenFromConnectionParams } from '../../platform/auth/credentials.ts'
import type { ConnectionControl } from '../../resolvers/context.ts'
import type { Services } from '../../resolvers/services.ts'
import { callContext, liveContext } from '../call-context.ts'
import type { Operation, Operations, TracedMessage } from '../graphql-operation.ts'
import type { Mask } from '../masking.ts'
import { acknowledgement } from './acknowledgement.ts'
import { CLOSE } from './close-codes.ts'
import type { Connection } from './connection.ts'
import { idSlotOf } from './frame.ts'
import { OperationSink } from './operation-sink.ts'

/** Dependencies shared by all connections. */
export interface ProtocolHost {
  readonly operations: Operations
  readonly services: Services
  readonly mask: Mask
}

/** The part of a connection that the protocol uses. */
type ProtocolConnection = Pick<Connection, 'id' | 'log' | 'writer' | 'sendText' | 'close'>

/** A running operation, by identity: its id may be reused later. */
interface Running {
  /** The client cancelled it: nothing more is sent for it. */
  cancel(): void
}

const INIT_TIMEOUT_MS = 5_000
/** The id comes back with every payload. */
const MAX_ID_BYTES = 1024

/**
 * The server's side of graphql-transport-ws
 * (https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md) for one connection. Messages
 * are validated by graphql-ws. Operations are tracked by identity: output after `complete` is dropped, and the id is
 * free for reuse.
 */
export class Protocol {
  readonly #host: ProtocolHost
  readonly #connection: ProtocolConnection
  readonly #session: Session
  /** The credential of the upgrade; `connection_init` may contain another. */
  readonly #upgradeCredential: Credential
  #operations: Map<string, Running> | undefined
  #state: 'new' | 'initialising' | 'acknowledged' = 'new'
  #traceParent: string | undefined
  #initTimer: NodeJS.Timeout | undefined

  constructor(
    host: ProtocolHost,
    connection: ProtocolConnection,
    session: Session,
    upgradeCredential: Credential,
  ) {
    this.#host = host
    this.#connection = connection
    this.#session = session
    this.#upgradeCredential = upgradeCredential
  }

  /** Starts the timeout for `connection_init`. `protocol`: the negotiated sub-protocol. */
  open(protocol: string): void {
    if (protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      this.#connection.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
      return
    }
    this.#initTimer = setTimeout(() => {
      this.#connection.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
    }, INIT_TIMEOUT_MS)
  }

  /** The connection is closed. The session has ended all operations. */
  close(): void {
    clearTimeout(this.#initTimer)
    this.#operations = undefined
  }

  /** Handles one text message. Asynchronous work it starts reports its own errors. */
  receive(text: string): void {
    const message = messageIn(text)
    switch (message?.type) {
      case MessageType.ConnectionInit:
        this.#initialise(message.payload)
        break
      case MessageType.Ping:
        this.#answerPing(message.payload)
        break
      case MessageType.Pong:
        break
      case MessageType.Subscribe:
        this.#subscribe(message)
        break
      case MessageType.Complete:
        this.#complete(message.id)
        break
      default:
        // Not a valid message, or one that only servers send.
        this.#connection.close(CloseCode.BadRequest, 'Invalid message received')
    }
  }

  #initialise(params: Record<string, unknown> | undefined): void {
    if (this.#state !== 'new') {
      this.#connection.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
      return
    }
    this.#state = 'initialising'
    clearTimeout(this.#initTimer)
    this.#traceParent = traceParentIn(params)
    const given = tokenFromConnectionParams(params)
    this.#session.signIn(given.kind === 'none' ? this.#upgradeCredential : given).then(
      (signedIn) => {
        if (signedIn.kind === 'refused') this.#connection.close(CloseCode.Forbidden, signedIn.reason)
        else if (this.#session.isListening) this.#acknowledge()
      },
      (error: unknown) => this.#closeUnchecked(error),
    )
  }

  #acknowledge(): void {
    this.#state = 'acknowledged'
    const { viewer } = this.#session
    const { id, log } = this.#connection
    this.#send({ type: 'connection_ack', payload: acknowledgement(id, viewer, this.#host.services) })
    log.debug({ user: viewer?.user.id }, 'connection acknowledged')
  }

  #answerPing(payload: Record<string, unknown> | undefined): void {
    const pong = (): void => this.#send({ type: 'pong', payload: payload ?? undefined })
    const credential = this.#state === 'acknowledged' ? tokenFromConnectionParams(payload) : undefined
    if (credential === undefined || credential.kind === 'none') {
      pong()
      return
    }
    this.#session.renew(credential).then(
      (renewed) => {
        if (renewed.kind === 'refused') this.#connection.close(CloseCode.Forbidden, renewed.reason)
        else pong()
      },
      (error: unknown) => this.#closeUnchecked(error),
    )
  }

  #closeUnchecked(error: unknown): void {
    this.#connection.log.warn({ err: error }, 'a token could not be verified')
    this.#connection.close(CLOSE.tryAgainLater, 'The token cannot be verified at the moment')
  }

  #subscribe({ id, payload }: SubscribeMessage): void {
    if (this.#state !== 'acknowledged') {
      this.#connection.close(CloseCode.Unauthorized, 'Unauthorized')
    } else if (Buffer.byteLength(id) > MAX_ID_BYTES) {
      this.#connection.close(CloseCode.BadRequest, `An operation id is at most ${MAX_ID_BYTES} bytes long`)
    } else if (this.#operations?.has(id) === true) {
      this.#connection.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    } else {
      this.#start(id, payload)
    }
  }

  #start(id: string, payload: SubscribeMessage['payload']): void {
    const { client, viewer } = this.#session
    const prepared = this.#host.operations.prepare(payload, { client, viewer })
    if (prepared.kind === 'refused') {
      this.#sendErrors(id, prepared.errors)
      return
    }
    const message = { parent: traceParentIn(payload.extensions) ?? this.#traceParent }
    if (prepared.operation.definition.operation === 'subscription') {
      this.#follow(id, prepared.operation, message)
    } else this.#run(id, prepared.operation, message)
  }

  #complete(id: string): void {
    const running = this.#operations?.get(id)
    this.#operations?.delete(id)
    running?.cancel()
  }

  #run(id: string, operation: Operation, message: TracedMessage): void {
    const { operations, services, mask } = this.#host
    const session = this.#session
    const call = { services, session, connection: this.#control() }
    const work = session.run((signal) => operations.run(operation, callContext(call, signal), message))
    this.#begin(id, work)
    work.result.then(
      (payload) => {
        if (!this.#end(id, work)) return
        this.#send({ id, type: 'next', payload })
        this.#send({ id, type: 'complete' })
      },
      (error: unknown) => {
        if (!this.#end(id, work)) return
        this.#sendErrors(id, [mask(error)])
        if (error instanceof Overloaded) session.onOverloaded()
      },
    )
  }

  #follow(id: string, operation: Operation, message: TracedMessage): void {
    const { operations, services, mask } = this.#host
    const session = this.#session
    const call = { services, session, connection: this.#control() }
    const subscription = session.subscribe({
      plan: (life) =>
        operations
          .plan(operation, liveContext(call, life), null, message)
          .catch((error: unknown) => Promise.reject(mask(error))),
      createSink: (end) => new OperationSink(this.#connection.writer, idSlotOf(id), end),
      onEnd: (error) => {
        if (!this.#end(id, running)) return
        if (error === undefined) this.#send({ id, type: 'complete' })
        else this.#sendErrors(id, [error])
      },
    })
    if (subscription === undefined) {
      this.#sendErrors(id, [tooManySubscriptions()])
      return
    }
    const running = { cancel: () => subscription.stop() }
    this.#begin(id, running)
  }

  #begin(id: string, running: Running): void {
    this.#operations ??= new Map()
    this.#operations.set(id, running)
  }

  /** Frees the id. False if it no longer belongs to `running`, because the client completed it. */
  #end(id: string, running: Running): boolean {
    if (this.#operations?.get(id) !== running) return false
    this.#operations.delete(id)
    return true
  }

  #control(): ConnectionControl {
    const session = this.#session
    return {
      presence: session.presence,
      onRateLimited: () => session.onRateLimited(),
      async authenticate(token) {
        const renewed = await session.renew(tokenFromConnectionParams({ token }))
        if (renewed.kind === 'refused') return renewed
        return renewed.viewer === null
          ? { kind: 'refused', reason: 'The message contains no token.' }
          : { kind: 'ok', viewer: renewed.viewer }
      },
    }
  }

  #sendErrors(id: string, payload: readonly GraphQLError[]): void {
    this.#send({ id, type: 'error', payload })
  }

  #send(message: object): void {
    this.#connection.sendText(JSON.stringify(message))
  }
}

/** undefined if it is not a message of the protocol, or nests too deeply. */
function messageIn(text: string): Message | undefined {
  try {
    // The payload of a ping is echoed, which would overflow the stack. Variables are checked with their operation.
    const isRefused = isNestedTooDeep(text) && !/"type"\s*:\s*"subscribe"/.test(text)
    return isRefused ? undefined : parseMessage(text)
  } catch {
    return undefined
  }
}

/** The W3C trace context from the client, in `extensions` or the connection parameters. */
function traceParentIn(members: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const parent = members?.['traceparent']
  return typeof parent === 'string' ? parent : undefined
}

function tooManySubscriptions(): GraphQLError {
  return new GraphQLError('This connection has too many running subscriptions.', {
    extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
  })
}
