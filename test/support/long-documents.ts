const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ')

const FIELDS = 'rooms { edges { node { auctions { edges { node { bids { edges { node { id } } } } } } } } }'

/** Documents that take the server longest to parse and validate, each of at most 2000 tokens, by name. */
export const longDocuments: readonly (readonly [name: string, text: string])[] = [
  ['one field 490 times', `{ ${times(490, () => 'viewer { id }')} }`],
  ['one value 1900 times', `{ rooms { edges { node { ${times(1900, () => 'id')} } } } }`],
  ['nested lists 60 times', `{ ${times(60, () => FIELDS)} }`],
  ['nested lists 15 times', `{ ${times(15, () => FIELDS)} }`],
  ['one spread 900 times', `{ ${times(900, () => '...F')} } fragment F on Query { viewer { user { id } } }`],
  [
    'a mesh of fragments',
    `{ ...F0 } ${times(40, (n) => `fragment F${n} on Query { a${n}: viewer { user { id } } ${times(Math.min(39 - n, 18), (m) => `...F${n + 1 + m}`)} }`)}`,
  ],
  [
    'fragments that overlap',
    `{ ${times(28, (n) => `...F${n}`)} } ${times(28, (n) => `fragment F${n} on Query { rooms { edges { node { id name members { edges { node { user { id name } } } } } } } }`)}`,
  ],
  [
    'a circle of fragments',
    `{ ...F0 } ${times(30, (n) => `fragment F${n} on Query { ${times(20, (m) => `...F${(n + 1 + m) % 30}`)} }`)}`,
  ],
  [
    'a chain that doubles',
    `{ ...F0 } ${times(59, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F59 on Query { viewer { user { id } } }`,
  ],
  [
    'one inline fragment 120 times',
    `subscription { bids(auctionId: 1) { ${times(120, () => '... on BidPlaced { auction { id title } }')} } }`,
  ],
  ['introspection 300 times', `{ __schema { types { ${times(300, () => 'fields { name }')} } } }`],
  [
    'introspection of types of types',
    `{ __schema { types { ${times(30, (n) => `a${n}: fields { type { name ofType { name ofType { name } } } }`)} } } }`,
  ],
  ['480 variables', `query (${times(480, (n) => `$v${n}: Int`)}) { viewer { user { id } } }`],
  [
    'operations that share fragments',
    `${times(20, (n) => `query Q${n}($a: ID!) { ...F0 }`)} ${times(59, (n) => `fragment F${n} on Query { b${n}: room(id: $a) { id } ...F${n + 1} }`)} fragment F59 on Query { viewer { user { id } } }`,
  ],
  ['names that are unknown', `{ ${times(1900, (n) => `viewr${n}`)} }`],
  [
    'names that are unknown, behind 60,000 lines',
    `{ ${'\n'.repeat(60_000)} ${times(100, (n) => `viewr${n}`)} }`,
  ],
  ['arguments that are unknown', `{ room(${times(600, (n) => `idx${n}: 1`)}) { id } }`],
  ['a list 700 deep', `{ statuses(kind: JOB, subjectIds: ${'['.repeat(700)}${']'.repeat(700)}) { state } }`],
  [
    'an object of 600 members',
    `mutation { reportStatus(input: { kind: JOB, subjectId: "a", state: "b", data: { ${times(600, (n) => `k${n}: 1`)} } }) { __typename } }`,
  ],
  ['directives 240 times', `{ viewer { user { id ${times(240, () => '@skip(if: true)')} } } }`],
]
