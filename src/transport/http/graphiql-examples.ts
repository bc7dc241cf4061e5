/** An example operation, in a tab of its own. */
export interface Example {
  readonly query: string
  /** JSON. */
  readonly variables?: string
}

/** A tour of an auction for first-time users. */
export const EXAMPLES: readonly Example[] = [
  {
    query: `# Look around: the auctions that are live in the demo room.
# The other tabs want ids from here in their variables.
query Lots {
  auctions(roomId: "demo", phase: LIVE) {
    edges {
      node {
        id
        title
        currentPrice
        minimumBid
        endsAt
        leader { name }
      }
    }
  }
}
`,
  },
  {
    query: `# Every bid as it is placed, after the auction as it stands.
subscription Bids($auctionId: ID!) {
  bids(auctionId: $auctionId) {
    __typename
    ... on Event { offset cursor }
    ... on AuctionSnapshot { auction { title currentPrice } }
    ... on BidPlaced { bid { amount bidder { name } } }
    ... on AuctionExtended { auction { endsAt } }
    ... on AuctionSold { winner { price user { name } } }
  }
}
`,
    variables: '{ "auctionId": "auc_…" }',
  },
  {
    query: `# Join the room, then bid. Sign in with the bar above. Amounts are in cents; the key makes it safe to send
# the same bid twice: take another one for another bid.
mutation Join {
  joinRoom(roomId: "demo") {
    __typename
    ... on Rejected { code reason }
  }
}

mutation PlaceBid($input: PlaceBidInput!) {
  placeBid(input: $input) {
    ... on BidAccepted { outcome auction { currentPrice minimumBid } }
    ... on Rejected { code reason minimum }
  }
}
`,
    variables: '{ "input": { "auctionId": "auc_…", "amount": 100000, "idempotencyKey": "my-first-bid" } }',
  },
  {
    query: `# What is said in the room.
subscription Messages {
  messages(roomId: "demo") {
    __typename
    ... on Event { offset cursor }
    ... on MessagesSnapshot { messages { body author { name } } }
    ... on MessageSent { message { body author { name } } }
  }
}

mutation Say($input: SendMessageInput!) {
  sendMessage(input: $input) {
    ... on MessagePayload { message { id } }
    ... on Rejected { code reason }
  }
}
`,
    variables: '{ "input": { "roomId": "demo", "body": "Hello", "clientMessageId": "my-first-message" } }',
  },
  {
    query: `# The signed-in user, and the server's clock.
subscription Presence {
  presence(roomId: "demo") { count users { since state user { name } } }
}

subscription Clock {
  serverTime(everyMs: 1000)
}
`,
  },
  {
    query: `# What you are told: outbid, won, lost, mentions.
subscription Notifications {
  notifications {
    __typename
    ... on Event { offset cursor }
    ... on NotificationsSnapshot { unread { kind title body } }
    ... on NotificationCreated { notification { kind title body } }
    ... on NotificationsRead { unreadCount }
  }
}
`,
  },
]
