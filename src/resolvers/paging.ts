import { badUserInput } from '../engine/hub/client-errors.ts'
import { FAR_FUTURE } from '../engine/kernel/instant.ts'
import { type ListKey, MAX_PAGE_SIZE, type Slice, type Span } from '../engine/storage/list-key.ts'
import { cursorInvalid } from './errors.ts'

const DEFAULT_SIZE = 20

export interface ForwardArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
}

export interface BothWaysArgs extends ForwardArgs {
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

interface NamedList {
  /** Part of every cursor of the list: a cursor of one list is rejected by every other. */
  readonly name: string
}

/** A list that clients page through. */
export interface List<Row> extends NamedList {
  /** The sort key of a row. */
  readonly keyOf: (row: Row) => ListKey
}

/** `name`: lower-case letters, unique among lists. */
export function defineList<Row>(name: string, keyOf: (row: Row) => ListKey): List<Row> {
  return { name, keyOf }
}

/** A page of a list, as in the Relay connection specification. */
export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[]
  readonly pageInfo: PageInfo
}

export interface Edge<Node> {
  readonly node: Node
  readonly cursor: string
}

export interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

/** Validates the arguments of a forward page. Throws BAD_USER_INPUT and CURSOR_INVALID. */
export function sliceOf({ name }: NamedList, args: ForwardArgs): Slice {
  return { after: keyIn(name, args.after), limit: sizeOf('first', args.first) }
}

/** Validates the arguments of a page from either end; without arguments it is the last page. */
export function spanOf({ name }: NamedList, args: BothWaysArgs): Span {
  const isForward = isGiven(args.first) || (isGiven(args.after) && !isGiven(args.last))
  if (isGiven(args.first) && isGiven(args.last)) throw badUserInput('Give first or last, not both.')
  return {
    after: keyIn(name, args.after),
    before: keyIn(name, args.before),
    limit: isForward ? sizeOf('first', args.first) : sizeOf('last', args.last),
    from: isForward ? 'start' : 'end',
  }
}

/** The connection of rows read for `slice` with up to one row more than its limit. */
export function connectionOf<Row, Node>(
  list: List<Row>,
  slice: Slice,
  rows: readonly Row[],
  nodeOf: (row: Row) => Node,
): Connection<Node> {
  const edges = edgesOf(list, rows.slice(0, slice.limit), nodeOf)
  return page(edges, rows.length > slice.limit, slice.after !== null)
}

/** The same for a span; `rows` are in list order, whichever end they were read from. */
export function spanConnectionOf<Row, Node>(
  list: List<Row>,
  span: Span,
  rows: readonly Row[],
  nodeOf: (row: Row) => Node,
): Connection<Node> {
  const hasMore = rows.length > span.limit
  const isForward = span.from === 'start'
  const kept = isForward
    ? rows.slice(0, span.limit)
    : rows.slice(rows.length - Math.min(span.limit, rows.length))
  const edges = edgesOf(list, kept, nodeOf)
  return isForward
    ? page(edges, hasMore || span.before !== null, span.after !== null)
    : page(edges, span.before !== null, hasMore || span.after !== null)
}

function edgesOf<Row, Node>(
  list: List<Row>,
  rows: readonly Row[],
  nodeOf: (row: Row) => Node,
): readonly Edge<Node>[] {
  return rows.map((row) => ({ node: nodeOf(row), cursor: encodeKey(list.name, list.keyOf(row)) }))
}

function page<Node>(
  edges: readonly Edge<Node>[],
  hasNextPage: boolean,
  hasPreviousPage: boolean,
): Connection<Node> {
  const pageInfo = {
    hasNextPage,
    hasPreviousPage,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  }
  return { edges, pageInfo }
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}

/** The requested page size. Throws BAD_USER_INPUT if out of range. */
export function sizeOf(name: 'first' | 'last', size: number | null | undefined): number {
  if (!isGiven(size)) return DEFAULT_SIZE
  if (size >= 0 && size <= MAX_PAGE_SIZE) return size
  throw badUserInput(`${name} must be between 0 and ${MAX_PAGE_SIZE}.`)
}

const PARTS = /^([a-z]+)\.([0-9a-z]{1,10})\.([^\0]{0,1000})$/su

function encodeKey(name: string, key: ListKey): string {
  return Buffer.from(`${name}.${key.rank.toString(36)}.${key.id}`).toString('base64url')
}

/** Undefined if `text` was not produced by `encodeKey` for this list. */
function decodeKey(name: string, text: string): ListKey | undefined {
  const parts = PARTS.exec(Buffer.from(text, 'base64url').toString())
  if (parts === null || parts[1] !== name) return undefined
  const key = { rank: parseInt(parts[2] ?? '', 36), id: parts[3] ?? '' }
  // Later instants cannot be represented, and the database would fail.
  return key.rank <= FAR_FUTURE && encodeKey(name, key) === text ? key : undefined
}

function keyIn(name: string, cursor: string | null | undefined): ListKey | null {
  if (!isGiven(cursor)) return null
  const key = decodeKey(name, cursor)
  if (key === undefined) throw cursorInvalid()
  return key
}
