import { once } from 'node:events'
import { BROKEN_FRAMES, codeIn, openTcp, restOf, upgrade } from '../support/broken-frames.ts'
import {
  MAX_MESSAGE_BYTES,
  malformedMessage,
  malformedOperation,
  OTHERS,
  outsizedMessage,
  type Random,
  type Subscribe,
  swollenOperation,
} from '../support/malformed.ts'
import type { TestNode } from '../support/node.ts'
import { createRandom } from '../support/random.ts'
import { type Frame, openRawSocket, type RawSocket } from '../support/raw-socket.ts'

/** The number of answers and closes by code. `data`: served all the same. */
export interface Echo {
  readonly answers: ReadonlyMap<string, number>
  readonly closings: ReadonlyMap<number, number>
}

const CLOSINGS: ReadonlySet<number> = new Set([4400, 4401, 4403, 4409, 4429, 1008, 1009])
const CODES: ReadonlySet<unknown> = new Set([
  ...['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CURSOR_INVALID', 'RATE_LIMITED'],
  ...['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'OPERATION_RESOLUTION_FAILURE'],
  ...['QUERY_TOO_COMPLEX', 'TOO_MANY_SUBSCRIPTIONS'],
])
/** Over one connection. */
const ROUND = 40
const USERS = ['ann', 'ben', 'cem']
const LAST = '{"is":"last"}'

interface ErrorPayload {
  readonly extensions?: { readonly code?: string }
}

function codesOf({ type, payload }: Frame): readonly unknown[] {
  const errors: readonly ErrorPayload[] =
    type === 'error'
      ? (payload as readonly ErrorPayload[])
      : ((payload as { readonly errors?: readonly ErrorPayload[] } | undefined)?.errors ?? [])
  return errors.map(({ extensions }) => extensions?.code)
}

/**
 * Sends `count` malformed and oversized messages and broken frames to a node. Throws if one is not answered, or with
 * anything but a clear error or the right close code.
 */
export async function sendNoise(
  node: TestNode,
  operations: readonly Subscribe[],
  count: number,
  seed: number,
): Promise<Echo> {
  const random = createRandom(seed)
  const answers = new Map<string, number>()
  const closings = new Map<number, number>()
  const tokens = await Promise.all(USERS.map((name) => node.token(name)))
  for (let sent = 0; sent < count; sent += ROUND) {
    const { frames, code } = await sendRound(node, tokens[random(tokens.length)] ?? '', operations, random)
    for (const frame of frames) add(answers, String(codesOf(frame)[0] ?? frame.type))
    if (code !== undefined) add(closings, code)
    add(closings, await sendBroken(node, random))
  }
  return { answers, closings }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The last message of a round may break the protocol, which ends the connection. */
function messageOf(number: number, operations: readonly Subscribe[], random: Random): string {
  const kind = random(12)
  if (number === ROUND - 1 && kind === 0) return outsizedMessage(random)
  const operation = operations[random(operations.length)]
  if (operation === undefined) throw new RangeError('there are operations')
  if (number === ROUND - 1 && kind < 5) {
    const messages = [operation, ...OTHERS]
    return malformedMessage(messages[random(messages.length)] ?? operation, random)
  }
  return kind === 0 ? swollenOperation(number, random) : malformedOperation(operation, number, random)
}

async function sendRound(
  { wsUrl }: TestNode,
  token: string,
  operations: readonly Subscribe[],
  random: Random,
): Promise<{ readonly frames: readonly Frame[]; readonly code: number | undefined }> {
  using socket = await openRawSocket(wsUrl, { token })
  const sent = Array.from({ length: ROUND }, (_, number) => messageOf(number, operations, random))
  for (const message of sent) socket.send(message)
  // Data that arrives after a connection was closed for its size resets it, and the code would be lost.
  const isOutsized = (sent.at(-1)?.length ?? 0) > MAX_MESSAGE_BYTES
  if (!isOutsized) socket.send({ type: 'ping', payload: JSON.parse(LAST) })
  // The id of the last one may be malformed.
  const ids = sent.slice(0, -1).map((message) => (JSON.parse(message) as Subscribe).id)
  const { code, cause } = await answerTo(socket, ids)
  const strange = socket.frames.find((frame) => codesOf(frame).some((each) => !CODES.has(each)))
  if (strange !== undefined)
    throw new Error(`Answered with ${JSON.stringify(strange)}, one of:\n${sent.join('\n')}`)
  if (code !== undefined && !CLOSINGS.has(code))
    throw new Error(`Closed with ${code} after:\n${sent.join('\n')}`, { cause })
  return { frames: socket.frames, code }
}

/** Resolves when each operation and the ping was answered, or with the code that closed the connection before. */
async function answerTo(
  socket: RawSocket,
  ids: readonly string[],
): Promise<{ readonly code?: number; readonly cause?: unknown }> {
  const open = new Set(ids)
  try {
    await socket.frame(({ type, payload }) => type === 'pong' && JSON.stringify(payload) === LAST)
    while (open.size > 0) {
      const { id = '' } = await socket.frame(({ id }) => open.has(id ?? ''))
      open.delete(id)
    }
    return {}
  } catch (cause) {
    return { code: await socket.closed, cause }
  }
}

/** Returns the close code of the connection, which must be the expected one. */
async function sendBroken({ url }: TestNode, random: Random): Promise<number> {
  const broken = BROKEN_FRAMES[random(BROKEN_FRAMES.length)]
  if (broken === undefined) throw new RangeError('there are broken frames')
  const socket = await openTcp(url)
  try {
    await upgrade(socket)
    const rest = restOf(socket)
    socket.write(broken.bytes)
    const code = codeIn(await rest)
    if (code !== broken.code) throw new Error(`${broken.called} closed with ${code}, not ${broken.code}`)
    return code
  } finally {
    socket.destroy()
    if (!socket.closed) await once(socket, 'close')
  }
}
