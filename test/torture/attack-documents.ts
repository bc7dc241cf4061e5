/** Documents that cost a server far more than a client. Each is small; some are valid, some are not. */
const COUNTS = ['a', 'b', 'c', 'd'].map((name) => `${name}:members(first:1){totalCount}`).join(' ')
/** Unbatched, this takes one statement for each of 400 counts. */
const MANY_COUNTS = `{rooms(first:100){edges{node{${COUNTS}}}}}`
/** Nested lists. */
const NESTED = `{rooms(first:50){edges{node{auctions(first:20){edges{node{
  room{name} bids(first:20){totalCount edges{node{amount bidder{id name}}}}}}}}}}}`
/** Validation compares equal fields pairwise. */
const REPEATED = `{${'viewer{id}'.repeat(490)}}`
/** Each fragment spreads the next one twice: a tree of 2^11 of them. */
const MESH = `{...f0}${Array.from({ length: 11 }, (_, index) => ` fragment f${index} on Query{...f${index + 1} ...f${index + 1}}`).join('')} fragment f11 on Query{server{version}}`
const INTROSPECTION = `{__schema{types{fields{type{fields{type{fields{name}}}}} possibleTypes{fields{name args{name}}}}}}`
const MANY_NODES = `{${Array.from({ length: 180 }, (_, index) => `n${index}:node(id:"room_${index}"){id}`).join(' ')}}`
const NOT_PARSED = `{${'a(b:[{c:['.repeat(300)}`

/** Reads like a client's, over and over. */
export const COSTLY_QUERIES: readonly string[] = [
  ...[MANY_COUNTS, NESTED, REPEATED, MESH, INTROSPECTION, MANY_NODES, NOT_PARSED],
]

/**
 * The maximum number of aliases. Every entry is executed for each subscription: they differ, so that none can share.
 */
export function costlySubscription(roomId: string, number: number): string {
  const copies = Array.from({ length: 250 }, (_, index) => `a${number}x${index}:body`).join(' ')
  return `subscription{messages(roomId:"${roomId}"){...on MessageSent{message{${copies}}}}}`
}

/** The same documents with other names, so that the document cache misses. */
export function renamed(document: string, number: number): string {
  return document.startsWith('{') ? `query N${number}${document}` : document
}
