import { ApolloClient, gql, InMemoryCache } from '@apollo/client'
import { ApolloProvider, useMutation, useSubscription } from '@apollo/client/react'
import { type Currency, createRostrumClient, formatMoney } from '@rostrum/client'
import { createRostrumLink } from '@rostrum/client/apollo'
import { RostrumProvider, useConnection } from '@rostrum/client/react'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'

// ?server=http://localhost:4000&auction=…&token=…
const parameters = new URLSearchParams(location.search)
const auctionId = parameters.get('auction') ?? ''
const rostrum = createRostrumClient({
  url: parameters.get('server') ?? 'http://localhost:4000',
  token: parameters.get('token'),
})
const apollo = new ApolloClient({ link: createRostrumLink(rostrum), cache: new InMemoryCache() })

interface Entry {
  readonly offset: number
  readonly auction: Currency & { readonly currentPrice: number | null; readonly minimumBid: number }
  readonly bid?: { readonly amount: number; readonly bidder: { readonly name: string } }
}

const BIDS = gql`
  subscription Bids($auctionId: ID!) {
    bids(auctionId: $auctionId) {
      ... on AuctionSnapshot { auction { id currency currencyExponent currentPrice minimumBid } }
      ... on BidPlaced { bid { id amount bidder { id name } } auction { id currency currencyExponent currentPrice minimumBid } }
    }
  }
`
const PLACE_BID = gql`
  mutation PlaceBid($input: PlaceBidInput!) {
    placeBid(input: $input) { ... on BidAccepted { outcome } ... on Rejected { reason } }
  }
`

function Auction() {
  const connection = useConnection()
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const { error } = useSubscription<{ readonly bids: Entry }>(BIDS, {
    variables: { auctionId },
    fetchPolicy: 'no-cache',
    onData: ({ data: { data } }) => {
      if (data !== undefined) setEntries((before) => [data.bids, ...before])
    },
  })
  const [placeBid] = useMutation(PLACE_BID)
  const auction = entries.find((entry) => entry.auction !== undefined)?.auction
  const bid = () =>
    placeBid({
      variables: { input: { auctionId, amount: auction?.minimumBid, idempotencyKey: crypto.randomUUID() } },
    })
  return (
    <>
      <p id="connection">{connection.kind}</p>
      <p id="price">{auction?.currentPrice ? formatMoney(auction.currentPrice, auction) : 'no bid yet'}</p>
      <button type="button" onClick={() => void bid()} disabled={auction === undefined}>
        Bid {auction && formatMoney(auction.minimumBid, auction)}
      </button>
      {error && <p role="alert">{error.message}</p>}
      <ol id="entries" reversed>
        {entries.map(({ offset, auction, bid }) => (
          <li key={offset}>
            {bid === undefined
              ? 'the auction as it stood'
              : `${bid.bidder.name}: ${formatMoney(bid.amount, auction)}`}
          </li>
        ))}
      </ol>
    </>
  )
}

const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <RostrumProvider value={rostrum}>
      <ApolloProvider client={apollo}>
        <Auction />
      </ApolloProvider>
    </RostrumProvider>,
  )
}
