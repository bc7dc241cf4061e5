import { type Auction, formatMoney } from '@rostrum/client'
import { useEffect } from 'react'
import { useQuery } from 'urql'
import { WalletDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** The viewer's wallet, if bids on this lot hold money or the wallet is not empty. */
export function Wallet({ auction }: { readonly auction: Auction }) {
  const { myId } = useHere()
  const { currency, funded, phase, leader } = auction
  const [{ data }, ask] = useQuery({
    query: WalletDocument,
    variables: { currency },
    requestPolicy: 'network-only',
  })
  const isLeading = leader?.id === myId
  // biome-ignore lint/correctness/useExhaustiveDependencies: money is held, released or spent when these change
  useEffect(() => {
    if (funded) ask()
  }, [funded, isLeading, phase])
  const wallet = data?.viewer?.wallet
  if (wallet === undefined || (!funded && wallet.balance === 0)) return null
  return (
    <p className="soft" id="wallet">
      Your wallet: {formatMoney(wallet.available, auction)} to spend
      {wallet.held > 0 && `, ${formatMoney(wallet.held, auction)} held`}
      {!funded && '. Bids on this lot hold nothing'}
    </p>
  )
}
