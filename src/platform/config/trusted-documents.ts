import { readFileSync } from 'node:fs'
import { codeOf } from './error-code.ts'

/** The documents that clients may run, as a build of theirs wrote them. */
export interface Manifest {
  /** Of the file, for messages. */
  readonly path: string
  /** By their hash: what the file says, which need not be one. */
  readonly documents: ReadonlyMap<string, string>
}

type Reading =
  | { readonly kind: 'ok'; readonly manifest: Manifest }
  /** `wrong`: what, in words that go on from the variable's name. */
  | { readonly kind: 'wrong'; readonly wrong: string }

/** Reads `persisted-documents.json` as the client preset of GraphQL Code Generator writes it. */
export function readManifest(path: string): Reading {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return wrong(`${path} cannot be read (${codeOf(error)})`)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return wrong(`${path} is not JSON`)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return wrong(`${path} is not a JSON object`)
  }
  const documents = new Map<string, string>()
  for (const [hash, document] of Object.entries(content)) {
    if (typeof document !== 'string') return wrong(`${path} has no text for ${JSON.stringify(hash)}`)
    documents.set(hash, document)
  }
  if (documents.size === 0) return wrong(`${path} holds no document`)
  return { kind: 'ok', manifest: { path, documents } }
}

function wrong(what: string): Reading {
  return { kind: 'wrong', wrong: what }
}
