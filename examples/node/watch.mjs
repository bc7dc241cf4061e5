// Watches the live auctions of a room from a program: URL, TOKEN and ROOM by the environment.
import { createRostrumClient, formatMoney } from '@rostrum/client'

const { URL: url = 'http://localhost:4000', TOKEN: token = null, ROOM: roomId = 'demo' } = process.env

const client = createRostrumClient({ url, token })
client.connection.subscribe(() => {
  const { kind } = client.connection.get()
  if (kind === 'reconnecting') console.log('… the connection is lost')
})

const { data } = await client.execute({
  query: `query ($roomId: ID!) {
    room(id: $roomId) { auctions(first: 1, phase: LIVE) { edges { node { id title currency currencyExponent } } } }
  }`,
  variables: { roomId },
})
const auction = data?.room?.auctions.edges[0]?.node
if (auction === undefined) throw new Error(`There is no live auction in ${roomId}.`)
console.log(`${auction.title} (${auction.id})`)

const bids = client.iterate({
  query: `subscription ($auctionId: ID!) {
    bids(auctionId: $auctionId) {
      __typename
      ... on AuctionSnapshot { auction { currentPrice } }
      ... on BidPlaced { bid { amount bidder { name } } }
      ... on AuctionSold { winner { price user { name } } }
    }
  }`,
  variables: { auctionId: auction.id },
})
for await (const { data: result } of bids) {
  const entry = result.bids
  switch (entry.__typename) {
    case 'AuctionSnapshot':
      console.log(
        `${entry.offset}: at ${entry.auction.currentPrice === null ? 'its start' : formatMoney(entry.auction.currentPrice, auction)}`,
      )
      break
    case 'BidPlaced':
      console.log(`${entry.offset}: ${entry.bid.bidder.name} bids ${formatMoney(entry.bid.amount, auction)}`)
      break
    case 'AuctionSold':
      console.log(
        `${entry.offset}: sold to ${entry.winner.user.name} for ${formatMoney(entry.winner.price, auction)}`,
      )
      break
  }
  if (['AuctionSold', 'AuctionUnsold', 'AuctionCancelled'].includes(entry.__typename)) break
}
await client.dispose()
