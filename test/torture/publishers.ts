import { setTimeout as pause } from 'node:timers/promises'
import { decodeCursor } from '../../src/kernel/cursor.ts'
import { announcementsTopic, asTopic } from '../../src/kernel/topic.ts'
import { createRandom } from '../support/random.ts'
import { signToken } from '../support/tokens.ts'
import { answerAll, readOrder } from './child.ts'
import { type Answer, type Attempted, appendTo } from './records.ts'
import { bidEffect } from './stored.ts'

/** A process of publishers: each sends one mutation after another to random nodes, and logs what became of it. */
export interface PublishersOrder {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly file: string
  readonly count: number
  /** Members of all the rooms; bidders come fresh with every bid. */
  readonly author: string
  readonly auctionIds: readonly string[]
  readonly roomIds: readonly string[]
  /** Between two commands of a publisher, at most. */
  readonly pauseMs: number
  /** Of a hundred requests so many are given up before their answer, and sent again with their key. */
  readonly impatientPercent: number
  /** Of a hundred answered commands so many are asked once more, to compare. */
  readonly doubtingPercent: number
}

export type PublishersRequest =
  /** Resolves when all that was begun is answered: false where something was not within `timeoutMs`. */
  { readonly kind: 'stop'; readonly timeoutMs: number }

const BID = `mutation ($input: PlaceBidInput!) { answer: placeBid(input: $input) {
  ... on BidAccepted { cursor bid { id } } ... on Rejected { code minimum } } }`
const SEND = `mutation ($input: SendMessageInput!) { answer: sendMessage(input: $input) {
  ... on MessagePayload { cursor message { id } } ... on Rejected { code } } }`
const ANNOUNCE = `mutation ($input: PublishAnnouncementInput!) { answer: publishAnnouncement(input: $input) {
  ... on AnnouncementPayload { cursor announcement { id } } ... on Rejected { code } } }`

interface Given {
  readonly cursor?: string
  readonly code?: string
  readonly minimum?: number | null
  readonly bid?: { readonly id: string }
  readonly message?: { readonly id: string }
  readonly announcement?: { readonly id: string }
}

interface Command {
  readonly key: string
  readonly topic: string
  readonly effect: string
  readonly token: string
  readonly query: string
  readonly input: object
}

const ANSWER_WITHIN_MS = 35_000
const IMPATIENT_MS = 12
const RETRY_MS = 150
const FIRST_PRICE = 500

const order = await readOrder<PublishersOrder>()
const log = appendTo<Attempted>(order.file)
const prices = new Map<string, number>()
const authorToken = await signToken(order.author)
const serviceToken = await signToken('torture-service', { claims: { roles: ['service'] } })
let isStopping = false
let giveUpAt = Number.POSITIVE_INFINITY

async function commandOf(random: (below: number) => number, key: string): Promise<Command> {
  const kind = random(10)
  const auctionId = order.auctionIds[random(order.auctionIds.length)]
  if (kind < 5 && auctionId !== undefined) {
    const bidder = `bidder ${key}`
    const amount = (prices.get(auctionId) ?? FIRST_PRICE) + random(3)
    prices.set(auctionId, amount + 1)
    return {
      ...{ key, topic: `auction:${auctionId}`, effect: bidEffect(bidder, amount) },
      ...{ token: await signToken(bidder), query: BID },
      input: { auctionId, amount, idempotencyKey: key },
    }
  }
  if (kind < 9) {
    const roomId = order.roomIds[random(order.roomIds.length)] ?? ''
    const input = { roomId, body: key, clientMessageId: key }
    return { key, topic: `messages:${roomId}`, effect: key, token: authorToken, query: SEND, input }
  }
  const input = { audience: 'GLOBAL', title: key, body: 'All of you', idempotencyKey: key }
  return { key, topic: announcementsTopic, effect: key, token: serviceToken, query: ANNOUNCE, input }
}

/** One request; undefined where no answer came, or one that says nothing of the effect. */
async function request({ token, query, input, topic }: Command, random: (below: number) => number) {
  const isImpatient = random(100) < order.impatientPercent
  const node = order.nodes[random(order.nodes.length)] ?? ''
  try {
    const response = await fetch(`${node}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables: { input } }),
      signal: AbortSignal.timeout(isImpatient ? 1 + random(IMPATIENT_MS) : ANSWER_WITHIN_MS),
    })
    const { data } = (await response.json()) as { readonly data?: { readonly answer?: Given } }
    return data?.answer === undefined ? undefined : readAnswer(topic, input, data.answer)
  } catch {
    return undefined
  }
}

function readAnswer(topic: string, input: object, given: Given): Answer | undefined {
  if (given.code !== undefined) {
    if ('auctionId' in input && typeof given.minimum === 'number')
      prices.set(String(input.auctionId), given.minimum)
    return { kind: 'rejected', code: given.code }
  }
  const position = decodeCursor(asTopic(topic), given.cursor ?? '')
  if (position === undefined) return undefined
  const id = (given.bid ?? given.message ?? given.announcement)?.id ?? ''
  return { kind: 'accepted', offset: position.offset, id }
}

/** Sends one command until it is answered, and logs how it ended. Resolves with whether it was. */
async function carryOut(command: Command, random: (below: number) => number): Promise<boolean> {
  const answers: Answer[] = []
  let attempts = 0
  const wanted = random(100) < order.doubtingPercent ? 2 : 1
  while (answers.length < wanted && Date.now() < giveUpAt) {
    attempts += 1
    const answer = await request(command, random)
    if (answer === undefined) await pause(random(RETRY_MS))
    else answers.push(answer)
  }
  const { key, topic, effect } = command
  log({ key, topic, effect, attempts, answers })
  return answers.length > 0
}

async function publish(name: string, random: (below: number) => number): Promise<boolean> {
  let areAllAnswered = true
  for (let number = 0; !isStopping; number += 1) {
    const command = await commandOf(random, `${order.seed}-${name}-${number}`)
    areAllAnswered = (await carryOut(command, random)) && areAllAnswered
    await pause(random(order.pauseMs))
  }
  return areAllAnswered
}

const work = Promise.all(
  Array.from({ length: order.count }, (_, index) => publish(`p${index}`, createRandom(order.seed + index))),
)

answerAll<PublishersRequest>(async ({ timeoutMs }) => {
  isStopping = true
  giveUpAt = Date.now() + timeoutMs
  return (await work).every((areAllAnswered) => areAllAnswered)
})
