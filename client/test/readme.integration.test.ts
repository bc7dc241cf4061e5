import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const KIT = join(import.meta.dirname, '..')

/** What the snippets take for given. */
const GIVEN = `
  declare const client: import('@rostrum/client').RostrumClient
  declare const root: import('react-dom/client').Root
  declare const query: string, variables: Record<string, unknown>, url: string, token: string
  declare const next: () => void, error: () => void, complete: () => void
`

const text = await readFile(join(KIT, 'README.md'), 'utf8')
const snippets = [...text.matchAll(/```(tsx?)\n(.*?)```/gs)].map(([, kind = '', code = ''], index) => {
  const given = code.includes('const client =') ? GIVEN.replace(/.*client:.*\n/, '') : GIVEN
  return { path: join(KIT, `test/readme-${index}.${kind}`), code: `${code}\n${given}` }
})

/** What the compiler, as strict as here, has against the snippets. */
function complaints(): readonly string[] {
  const { config } = ts.readConfigFile(join(KIT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, KIT)
  const loose = { ...options, noUnusedLocals: false, noUnusedParameters: false }
  const host = ts.createCompilerHost(loose)
  const { readFile: fromDisk, fileExists } = host
  const codeOf = (path: string): string | undefined => snippets.find((each) => each.path === path)?.code
  host.readFile = (path) => codeOf(path) ?? fromDisk(path)
  host.fileExists = (path) => codeOf(path) !== undefined || fileExists(path)
  const program = ts.createProgram(
    snippets.map(({ path }) => path),
    loose,
    host,
  )
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

describe('The snippets of the kit’s README', () => {
  test('are there', () => {
    expect(snippets.length).toBeGreaterThan(4)
  })

  test('compile', () => {
    expect(complaints()).toEqual([])
  })
})
