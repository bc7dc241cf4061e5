import graphql from '@graphql-eslint/eslint-plugin'

const { rules: recommended } = graphql.configs['flat/schema-recommended']
const { rules: relay } = graphql.configs['flat/schema-relay']

/** The printed schema, by the rules for schemas and for Relay. A rule that is off, or weaker, has its reason beside it. */
export default [
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: './schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended,
      ...relay,
      '@graphql-eslint/require-description': [
        'error',
        { types: true, FieldDefinition: true, InputValueDefinition: true, DirectiveDefinition: true },
      ],
      // Events, payloads, pages and values such as SoftClose are no records: a cache stores them in the answer they came with.
      // test/schema/identity.unit.test.ts holds the types that do have an id to prefixes of their own.
      '@graphql-eslint/strict-id-in-types': 'off',
      // It takes `Bid.bidder` for a repetition of `Bid`, and `Order.orderId` is the engine's number, next to the global `id`.
      '@graphql-eslint/no-typename-prefix': 'off',
      // Most lists are paged in one direction.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Lists of known length (standings, increments, a snapshot's messages) are plain lists, not connections.
      // Memberships and failed pushes are found through their room and their user: they have no global id.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
    },
  },
]
