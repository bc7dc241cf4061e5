import { createHash } from 'node:crypto'
import { sortExecutableDocument } from '@graphql-tools/documents'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  print,
  type SelectionNode,
  visit,
} from 'graphql'
import type { Manifest } from '../platform/config/trusted-documents.ts'
import { type OperationLimits, parseQuery, rulesOf, validateQuery } from './document.ts'
import { createDocumentCache } from './document-cache.ts'

/** How a request names the document to run; unchecked but for `query`. */
export interface DocumentReference {
  readonly query?: string | null | undefined
  /** By the GraphQL-over-HTTP specification's appendix on persisted documents. */
  readonly documentId?: unknown
  /** `persistedQuery.sha256Hash` as Apollo and urql send it. */
  readonly extensions?: unknown
}

export type Admission =
  | { readonly kind: 'admitted'; readonly text: string }
  | { readonly kind: 'refused'; readonly error: GraphQLError }

/** Which documents may run: one rule, whichever way they come. */
export interface Documents {
  /** The text to run. Empty where the request names no document. */
  admit(reference: DocumentReference): Admission
}

/** Any document that clients send as text. No text is known by its hash. */
export const ANY_DOCUMENT: Documents = {
  admit(reference) {
    if (reference.query) return admitted(reference.query)
    return idOf(reference) === undefined ? admitted('') : { kind: 'refused', error: notSupported() }
  },
}

export interface TrustedDocumentsOptions {
  readonly schema: GraphQLSchema
  readonly limits: OperationLimits
  readonly manifest: Manifest
  /** Documents of pages that the server serves itself. */
  readonly own: readonly string[]
}

/**
 * The documents of a manifest and no others: by their hash, or by their text, which is compared by what it means and run as it
 * was sent. Throws where one of the manifest is not valid for the schema, naming file and hash.
 */
export function createTrustedDocuments(options: TrustedDocumentsOptions): Documents {
  const { schema, limits, manifest, own } = options
  const byId = new Map(manifest.documents)
  const meanings = new Set<string>()
  /** Texts that were compared before. */
  const known = createDocumentCache<Admission>()
  const meaningOf = (text: string): string =>
    meaning(parseQuery(text, { maxTokens: limits.maxQueryTokens }), schema)

  for (const [hash, text] of manifest.documents) {
    const problem = problemOf(text, schema, limits)
    if (problem !== undefined) {
      throw new Error(`TRUSTED_DOCUMENTS: ${manifest.path}: the document ${hash} cannot be run: ${problem}`)
    }
    for (const id of idsOf(hash, text)) if (!byId.has(id)) byId.set(id, text)
    meanings.add(meaningOf(text))
  }
  for (const text of own) meanings.add(meaningOf(text))

  function isTrusted(text: string): boolean {
    try {
      return meanings.has(meaningOf(text))
    } catch (error) {
      // It is no document, and so none of ours.
      if (error instanceof GraphQLError) return false
      throw error
    }
  }

  function admitText(text: string): Admission {
    const before = known.get(text)
    if (before !== undefined) return before
    if (!isTrusted(text)) return { kind: 'refused', error: notTrusted() }
    const admission = admitted(text)
    known.set(text, admission)
    return admission
  }

  return {
    admit(reference) {
      // Whoever sends both was told before that the hash is unknown: the text decides.
      if (reference.query) return admitText(reference.query)
      const id = idOf(reference)
      if (id === undefined) return admitted('')
      const text = byId.get(id)
      return text === undefined ? { kind: 'refused', error: notFound() } : admitted(text)
    },
  }
}

function admitted(text: string): Admission {
  return { kind: 'admitted', text }
}

/** Why the document could never be run; undefined where it can. */
function problemOf(text: string, schema: GraphQLSchema, limits: OperationLimits): string | undefined {
  try {
    const document = parseQuery(text, { maxTokens: limits.maxQueryTokens })
    return validateQuery(schema, document, rulesOf(limits))[0]?.message
  } catch (error) {
    if (error instanceof GraphQLError) return error.message
    throw error
  }
}

/** What else clients may call the document that the manifest calls `hash`. */
function idsOf(hash: string, text: string): readonly string[] {
  const sha256 = createHash('sha256').update(text).digest('hex')
  return [`sha256:${sha256}`, sha256, `sha256:${hash}`]
}

function idOf({ documentId, extensions }: DocumentReference): string | undefined {
  if (typeof documentId === 'string') return documentId
  const hash = memberOf(memberOf(extensions, 'persistedQuery'), 'sha256Hash')
  return typeof hash === 'string' ? hash : undefined
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/**
 * Equal for documents that ask for the same: but for white space, comments, the order of what has none, and `__typename`,
 * which clients add for their caches and which tells a type of the schema and no data. An alias of it counts: thousands of
 * them would make an answer long. The root fields of a mutation run one after another, so that their order counts, too.
 */
function meaning(document: DocumentNode, schema: GraphQLSchema): string {
  const bare = withoutTypename(document)
  const rootType = schema.getMutationType()?.name
  const serial = bare.definitions.filter(
    (each) => each.kind === 'FragmentDefinition' && each.typeCondition.name.value === rootType,
  )
  return [sortExecutableDocument(bare), ...serial].map((node) => print(node)).join('\n')
}

function withoutTypename(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet(node) {
      const others = node.selections.filter((selection) => !isTypename(selection))
      // Where nothing else is selected it is what was asked for.
      return others.length === 0
        ? { ...node, selections: node.selections.slice(0, 1) }
        : { ...node, selections: others }
    },
  })
}

function isTypename(node: SelectionNode): boolean {
  return node.kind === 'Field' && node.name.value === '__typename' && !node.alias && !node.directives?.length
}

/** In the words that Apollo's and urql's clients look for. */
function notFound(): GraphQLError {
  return new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } })
}

/** In the words at which these clients send the text, and no hash from then on. */
function notSupported(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  })
}

function notTrusted(): GraphQLError {
  return new GraphQLError('This server runs trusted documents only.', {
    extensions: { code: 'DOCUMENT_NOT_TRUSTED' },
  })
}
