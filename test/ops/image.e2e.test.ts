import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, TEST_SECRET } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeTemporaryFolder, run } from '../support/process.ts'
import { signToken } from '../support/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A folder with what the image holds, and no more. */
let image: string

beforeAll(async () => {
  image = await makeTemporaryFolder('image')
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
  const [, last = ''] = text.split(/^FROM .* AS packages$/m)
  const copied = [...(last.split(/^FROM /m)[1] ?? '').matchAll(/^COPY (?!--)(\S+) \S+$/gm)]
  for (const [, path = ''] of copied) {
    await mkdir(dirname(join(image, path)), { recursive: true })
    await cp(join(ROOT, path), join(image, path), { recursive: true })
  }
  // Those that are for production alone: what is missing there would be missing in the image.
  const { stdout } = await run('npm', ['ls', '--all', '--omit=dev', '--parseable'], { cwd: ROOT })
  for (const path of stdout.split('\n').filter((line) => line.includes('node_modules/'))) {
    const place = join(image, path.slice(ROOT.length + 1))
    if (place.slice(image.length).split('node_modules/').length > 2) continue
    await mkdir(dirname(place), { recursive: true })
    await symlink(path, place)
  }
})
afterAll(() => rm(image, { recursive: true, force: true }))

describe('What the image holds', () => {
  test('is all that a node in production needs', async () => {
    const env = { NODE_ENV: 'production', JWT_SECRET: TEST_SECRET }
    await using node = await startNode({
      databaseUrl: await freshDatabase(),
      env,
      main: join(image, 'src/main.ts'),
    })
    const response = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await signToken('ann')}` },
      body: JSON.stringify({ query: '{ viewer { user { id } } }' }),
    })
    expect(await response.json()).toEqual({ data: { viewer: { user: { id: 'ann' } } } })
  })

  test('says that it is healthy while it is', async () => {
    const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
    const [, list = '[]'] = text.match(/HEALTHCHECK[^[]*(\[.*\])/) ?? []
    const [file, ...args] = JSON.parse(list)
    await using node = await startNode({ databaseUrl: await freshDatabase() })
    const env = { ...process.env, PORT: new URL(node.url).port }
    const program = file === 'node' ? process.execPath : ''
    await expect(run(program, args, { env })).resolves.toBeDefined()

    await node.stop()
    await expect(run(program, args, { env })).rejects.toMatchObject({ code: 1 })
  })
})
