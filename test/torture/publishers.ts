import { setTimeout as pause } from 'node:timers/promises'
import { createRandom } from '../support/random.ts'
import { answerAll, readOrder } from './child.ts'
import { announcementCommand, ask, bidCommand, type Command, messageCommand, readAnswer } from './commands.ts'
import { type Answer, type Attempted, appendTo } from './records.ts'

/** A process of publishers: each sends one mutation after another to random nodes, and logs the outcome. */
export interface PublishersOrder {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly file: string
  readonly count: number
  /** Members of all rooms; every bid has a new bidder. */
  readonly author: string
  readonly auctionIds: readonly string[]
  readonly roomIds: readonly string[]
  /** The mixture: the kind of each command is drawn from these. */
  readonly mixture: readonly CommandKind[]
  /** Maximum pause between two commands of a publisher. */
  readonly pauseMs: number
  /** Percentage of requests abandoned before their answer, and sent again with their key. */
  readonly impatientPercent: number
  /** Percentage of answered commands sent once more, to compare. */
  readonly doubtingPercent: number
}

export type CommandKind = 'bid' | 'message' | 'announcement'

export type PublishersRequest =
  /** Resolves when all commands are answered: false if any was not within `timeoutMs`. */
  { readonly kind: 'stop'; readonly timeoutMs: number }

const ANSWER_WITHIN_MS = 35_000
const IMPATIENT_MS = 12
const RETRY_MS = 150
const FIRST_PRICE = 500

const order = await readOrder<PublishersOrder>()
const log = appendTo<Attempted>(order.file)
const prices = new Map<string, number>()
let isStopping = false
let giveUpAt = Number.POSITIVE_INFINITY

async function commandOf(random: (below: number) => number, key: string): Promise<Command> {
  const kind = order.mixture[random(order.mixture.length)]
  if (kind === 'bid') {
    const auctionId = order.auctionIds[random(order.auctionIds.length)] ?? ''
    const amount = (prices.get(auctionId) ?? FIRST_PRICE) + random(3)
    prices.set(auctionId, amount + 1)
    return bidCommand(key, auctionId, amount)
  }
  if (kind === 'message') {
    return messageCommand(key, order.roomIds[random(order.roomIds.length)] ?? '', order.author)
  }
  return announcementCommand(key)
}

/** One request; undefined if no answer came, or one that does not reveal the effect. */
async function request(command: Command, random: (below: number) => number): Promise<Answer | undefined> {
  const isImpatient = random(100) < order.impatientPercent
  const node = order.nodes[random(order.nodes.length)] ?? ''
  const given = await ask(node, command, isImpatient ? 1 + random(IMPATIENT_MS) : ANSWER_WITHIN_MS)
  if (given === undefined) return undefined
  const { topic, input } = command
  if ('auctionId' in input && typeof given.minimum === 'number')
    prices.set(String(input.auctionId), given.minimum)
  return readAnswer(topic, given)
}

/** Sends one command until it is answered, and logs the outcome. Resolves with whether it was answered. */
async function carryOut(command: Command, random: (below: number) => number): Promise<boolean> {
  const answers: Answer[] = []
  const beganMs = Date.now()
  let attempts = 0
  const wanted = random(100) < order.doubtingPercent ? 2 : 1
  while (answers.length < wanted && Date.now() < giveUpAt) {
    attempts += 1
    const answer = await request(command, random)
    if (answer === undefined) await pause(random(RETRY_MS))
    else answers.push(answer)
  }
  const { key, topic, effect } = command
  log({ key, topic, effect, attempts, answers, beganMs, endedMs: Date.now() })
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
