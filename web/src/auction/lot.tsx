import { type Auction, formatMoney } from '@rostrum/client'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useHere } from '../here.ts'
import { Countdown } from './countdown.tsx'
import { isOver, type OwnBids, standing } from './standing.ts'

interface Props {
  readonly auction: Auction
  readonly own: OwnBids
  /** Signing in, bidding, or the outcome. */
  readonly children: ReactNode
}

/** A lot: its title and description, price, leader and end. */
export function Lot({ auction, own, children }: Props) {
  const { myId } = useHere()
  const { title, description, currentPrice, startingPrice, leader } = auction
  const price = formatMoney(currentPrice ?? startingPrice, auction)
  const said = standing(auction, myId, own)
  const mood = leader !== null && leader.id === myId ? 'mine' : own === 'none' ? '' : 'outbid'
  return (
    <section id="lot" aria-labelledby="title">
      <About title={title} description={description} />
      <div className="standing">
        <div>
          <div className="soft" id="price-label">
            {currentPrice === null ? 'Starts at' : 'Price'}
          </div>
          {/* A new price is a new element, so that its animation starts. */}
          <div id="price" key={price}>
            {price}
          </div>
        </div>
        <Countdown auction={auction} />
      </div>
      <div className={isOver(auction) ? mood : `line ${mood}`} id="leader" title={said}>
        {said}
      </div>
      <Spoken words={`${price}. ${said}.`} />
      <div className="taking-part">{children}</div>
    </section>
  )
}

/** Title and description, cut to two lines each until opened. */
function About({ title, description }: Pick<Auction, 'title' | 'description'>) {
  const box = useRef<HTMLDivElement>(null)
  const [isOpen, setIsOpen] = useState(false)
  const [isCut, setIsCut] = useState(false)
  useEffect(() => {
    const { current } = box
    if (current === null) return
    const observer = new ResizeObserver(() => {
      setIsCut([...current.children].some((child) => child.scrollHeight > child.clientHeight + 1))
    })
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return (
    <div className={isOpen ? 'about open' : 'about'} ref={box}>
      <h1 id="title" dir="auto">
        {title}
      </h1>
      <p className="soft" id="description" dir="auto">
        {description}
      </p>
      {(isCut || isOpen) && (
        <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? 'Less' : 'More about this lot'}
        </button>
      )}
    </div>
  )
}

/** The latest state for screen readers, no more often than they can speak it. */
function Spoken({ words }: { readonly words: string }) {
  const [spoken, setSpoken] = useState('')
  const spokenAt = useRef(0)
  useEffect(() => {
    const waitMs = Math.max(0, spokenAt.current + SPOKEN_EVERY_MS - Date.now())
    const timer = setTimeout(() => {
      spokenAt.current = Date.now()
      setSpoken(words)
    }, waitMs)
    return () => clearTimeout(timer)
  }, [words])
  return (
    <p className="unseen" id="spoken" aria-live="polite">
      {spoken}
    </p>
  )
}

const SPOKEN_EVERY_MS = 4_000
