import { WebSocket } from 'ws'

/** What all visitors of a house went through, added up. Times in milliseconds. */
export interface Diary {
  /** From the sending of a message to its coming to another visitor. */
  readonly delivered: number[]
  /** From a mutation to its answer. */
  readonly answered: number[]
  readonly answers: Map<string, number>
  entries: number
  drops: number
  /** Entries that did not follow the one before, and that no reset tells of. */
  holes: number
  resets: number
}

export interface VisitorOptions {
  readonly wsUrl: string
  readonly token: string
  readonly name: string
  readonly roomId: string
  readonly auctionId: string
  /** Whole numbers from 0 on, below `below`. */
  readonly random: (below: number) => number
  readonly diary: Diary
}

/** Sits in a room: bids, talks, is seen to write, loses the connection and comes back by its cursors. */
export interface Visitor {
  /** Does one of those things. */
  act(): void
  leave(): void
}

const EVENT = '__typename ... on Event { offset cursor }'
const BIDS = `subscription ($id: ID!, $after: Cursor) { entry: bids(auctionId: $id, after: $after) { ${EVENT}
  ... on AuctionSnapshot { reset auction { currentPrice } } ... on BidPlaced { bid { amount bidder { id name } } } } }`
const MESSAGES = `subscription ($id: ID!, $after: Cursor) { entry: messages(roomId: $id, after: $after) { ${EVENT}
  ... on MessagesSnapshot { reset } ... on MessageSent { message { id body sentAt author { id name } } } } }`
const PRESENCE = `subscription ($id: ID!) { presence(roomId: $id) { count } }`
const JOIN = `mutation ($id: ID!) { answer: joinRoom(roomId: $id) { __typename ... on Rejected { code } } }`
const BID = `mutation ($input: PlaceBidInput!) { answer: placeBid(input: $input) { __typename ... on Rejected { code } } }`
const SEND = `mutation ($input: SendMessageInput!) { answer: sendMessage(input: $input) { __typename ... on Rejected { code } } }`
const TYPE = `mutation ($id: ID!) { answer: setTyping(roomId: $id, typing: true) }`
const BACK_AFTER_MS = { least: 200, spread: 1_800 }

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly reset?: boolean
  readonly auction?: { readonly currentPrice: number }
  readonly bid?: { readonly amount: number }
  readonly message?: { readonly body: string; readonly author: { readonly id: string } }
}

/** `setTyping` answers with no more than that it is done. */
type Answer = { readonly __typename: string; readonly code?: string } | boolean

interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: {
    readonly data?: { readonly entry?: Entry; readonly answer?: Answer }
  }
}

interface Place {
  offset: number
  cursor: string | null
}

export function openVisitor({
  wsUrl,
  token,
  name,
  roomId,
  auctionId,
  random,
  diary,
}: VisitorOptions): Visitor {
  const places = { bids: { offset: -1, cursor: null }, messages: { offset: -1, cursor: null } } as Record<
    'bids' | 'messages',
    Place
  >
  const asked = new Map<string, number>()
  let price = 0
  let number = 0
  let hasLeft = false
  let socket = connect()

  function connect(): WebSocket {
    const made = new WebSocket(wsUrl, 'graphql-transport-ws')
    made.on('open', () => made.send(JSON.stringify({ type: 'connection_init', payload: { token } })))
    made.on('message', (data) => onMessage(made, JSON.parse(String(data))))
    // It comes back, whatever ended it.
    made.on('error', () => {})
    made.on('close', () => {
      asked.clear()
      if (hasLeft) return
      setTimeout(() => {
        if (!hasLeft) socket = connect()
      }, BACK_AFTER_MS.least + random(BACK_AFTER_MS.spread))
    })
    return made
  }

  function send(to: WebSocket, id: string, query: string, variables: object): void {
    to.send(JSON.stringify({ type: 'subscribe', id, payload: { query, variables } }))
  }

  function onMessage(from: WebSocket, { type, id = '', payload }: Message): void {
    if (type === 'connection_ack') {
      // Once, and no harm where it comes again.
      if (places.messages.cursor === null) ask(JOIN, { id: roomId })
      send(from, 'bids', BIDS, { id: auctionId, after: places.bids.cursor })
      send(from, 'messages', MESSAGES, { id: roomId, after: places.messages.cursor })
      send(from, 'presence', PRESENCE, { id: roomId })
    } else if (type === 'next' && (id === 'bids' || id === 'messages')) {
      if (payload?.data?.entry !== undefined) onEntry(places[id], payload.data.entry)
    } else if (type === 'next' && asked.has(id)) onAnswer(id, payload?.data?.answer)
  }

  function onEntry(place: Place, { __typename, offset, cursor, reset, auction, bid, message }: Entry): void {
    diary.entries += 1
    const isSnapshot = __typename.endsWith('Snapshot')
    if (reset === true) diary.resets += 1
    else if (isSnapshot ? place.offset >= 0 : offset !== place.offset + 1) diary.holes += 1
    Object.assign(place, { offset, cursor })
    price = Math.max(price, auction?.currentPrice ?? 0, bid?.amount ?? 0)
    if (message !== undefined && message.author.id !== name)
      diary.delivered.push(performance.now() - Number(message.body))
  }

  function onAnswer(id: string, answer: Answer | undefined): void {
    diary.answered.push(performance.now() - (asked.get(id) ?? 0))
    asked.delete(id)
    const name = typeof answer === 'object' ? (answer.code ?? answer.__typename) : String(answer)
    diary.answers.set(name, (diary.answers.get(name) ?? 0) + 1)
  }

  function ask(query: string, variables: object): void {
    number += 1
    asked.set(`a${number}`, performance.now())
    send(socket, `a${number}`, query, variables)
  }

  return {
    act() {
      if (socket.readyState !== WebSocket.OPEN) return
      const what = random(100)
      const key = `${name} ${number}`
      if (what < 45) ask(BID, { input: { auctionId, amount: price + 1 + random(5), idempotencyKey: key } })
      else if (what < 90) {
        ask(SEND, { input: { roomId, body: String(performance.now()), clientMessageId: key } })
      } else if (what < 97) ask(TYPE, { id: roomId })
      else {
        diary.drops += 1
        socket.terminate()
      }
    },
    leave() {
      hasLeft = true
      socket.close()
    },
  }
}
