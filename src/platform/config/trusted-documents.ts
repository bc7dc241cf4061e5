import { readFileSync } from 'node:fs'
import { codeOf } from './error-code.ts'

/** The documents that clients may run, as written by the client's build. */
export interface Manifest {
  /** Path of the file, for error messages. */
  readonly path: string
  /** By hash: the key in the file, which need not be a real hash. */
  readonly documents: ReadonlyMap<string, string>
}

type Reading =
  | { readonly kind: 'ok'; readonly manifest: Manifest }
  /** `wrong`: the problem, worded to follow the variable's name. */
  | { readonly kind: 'wrong'; readonly wrong: string }

/** Reads `persisted-documents.json` in the format of GraphQL Code Generator's client preset. */
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
