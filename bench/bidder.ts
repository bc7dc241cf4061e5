import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface Bidder {
  /** Resolves with the answer's outcome or refusal code. */
  bid(auctionId: string, amount: number): Promise<string>
  close(): void
}

const PLACE_BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) {
  __typename ... on BidAccepted { outcome cursor } ... on Rejected { code } } }`
const ANSWER = /"(?:outcome|code)":"(\w+)"/

/** Signs in; speaks graphql-transport-ws as far as one bid at a time, with its amount for its key, needs it. */
export async function openBidder(wsUrl: string, token: string): Promise<Bidder> {
  // A mask of zeros costs no masking; a server can't tell.
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws', { generateMask: (mask) => mask.fill(0) })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }))
  await once(socket, 'message')
  let answer = ''
  let answered: (code: string) => void = () => {}
  socket.on('message', (data) => {
    const text = String(data)
    // The id is free again when the operation is complete.
    if (text.includes('"type":"complete"')) answered(answer)
    else answer = ANSWER.exec(text)?.[1] ?? text
  })
  const head = `{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(PLACE_BID)},"variables":{"input":`
  return {
    bid: (auctionId, amount) =>
      new Promise((resolve) => {
        answered = resolve
        const input = { auctionId, amount, idempotencyKey: `${amount}` }
        socket.send(`${head}${JSON.stringify(input)}}}}`)
      }),
    close: () => socket.close(),
  }
}
