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

/** How a request refers to the document to run; unvalidated except for `query`. */
export interface DocumentReference {
  readonly query?: string | null | undefined
  /** As in the GraphQL-over-HTTP specification's appendix on persisted documents. */
  readonly documentId?: unknown
  /** `persistedQuery.sha256Hash`, as sent by Apollo and urql. */
  readonly extensions?: unknown
}

export type Admission =
  | { readonly kind: 'admitted'; readonly text: string }
  | { readonly kind: 'refused'; readonly error: GraphQLError }

/** The documents that may run: one rule for every transport. */
export interface Documents {
  /** The text to run. Empty if the request refers to no document. */
  admit(reference: DocumentReference): Admission
}

/** Allows any document sent as text. No document is known by its hash. */
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
  /** Documents of the server's own pages. */
  readonly own: readonly string[]
}

/**
 * Allows only the documents of a manifest: by hash, or by text, which is compared by meaning and run as sent. Throws if
 * a document of the manifest is not valid for the schema, naming file and hash.
 */
export function createTrustedDocuments(options: TrustedDocumentsOptions): Documents {
  const { schema, limits, manifest, own } = options
  const byId = new Map(manifest.documents)
  const meanings = new Set<string>()
  /** Cache of compared texts. */
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
      // Not a document, so not in the manifest.
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
      // A client that sends both has already learnt that the hash is unknown: the text decides.
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

/** Why the document can never run; undefined if it can. */
function problemOf(text: string, schema: GraphQLSchema, limits: OperationLimits): string | undefined {
  try {
    const document = parseQuery(text, { maxTokens: limits.maxQueryTokens })
    return validateQuery(schema, document, rulesOf(limits))[0]?.message
  } catch (error) {
    if (error instanceof GraphQLError) return error.message
    throw error
  }
}

/** Alternative ids for the document with `hash` in the manifest. */
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
 * A normal form: equal for documents that differ only in white space, comments, insignificant order and `__typename`,
 * which clients add for their caches and which reveals no data. An alias of `__typename` counts: thousands of them
 * would make a response long. The root fields of a mutation run in order, so their order counts, too.
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
      // If nothing else is selected, `__typename` is what was requested.
      return others.length === 0
        ? { ...node, selections: node.selections.slice(0, 1) }
        : { ...node, selections: others }
    },
  })
}

function isTypename(node: SelectionNode): boolean {
  return node.kind === 'Field' && node.name.value === '__typename' && !node.alias && !node.directives?.length
}

/** The message that Apollo's and urql's clients look for. */
function notFound(): GraphQLError {
  return new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } })
}

/** The message upon which these clients send the text, and stop sending hashes. */
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
