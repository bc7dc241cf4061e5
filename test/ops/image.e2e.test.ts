import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, TEST_SECRET } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeTemporaryFolder, run } from '../support/process.ts'
import { signToken } from '../support/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The stages of the Dockerfile, by name; the last one is the image. */
async function readStages(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
  const [, ...stages] = text.split(/^FROM /m)
  return new Map(stages.map((stage) => [stage.match(/^\S+ AS (\w+)/)?.[1] ?? 'image', stage]))
}

/** A folder with what a stage copies out of the project, and no more. */
async function folderOf(stage: string): Promise<string> {
  const folder = await makeTemporaryFolder('image')
  const commands = (await readStages()).get(stage)?.matchAll(/^COPY (?!--)(.+) \S+$/gm) ?? []
  for (const path of [...commands].flatMap(([, paths = '']) => paths.split(' '))) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await cp(join(ROOT, path), join(folder, path), { recursive: true })
  }
  return folder
}

/** As the stage of that name does it. */
async function buildPage(): Promise<string> {
  const folder = await folderOf('page')
  await rm(join(folder, 'web/dist'), { recursive: true, force: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const [, command = ''] = (await readStages()).get('page')?.match(/^RUN node (.+)$/m) ?? []
  await run(process.execPath, command.split(' '), {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return folder
}

let image = ''
let page = ''

beforeAll(async () => {
  ;[image, page] = [await folderOf('image'), await buildPage()]
  await cp(join(page, 'web/dist'), join(image, 'web/dist'), { recursive: true })
  // Those that are for production alone: what is missing there would be missing in the image.
  const { stdout } = await run('npm', ['ls', '--all', '--omit=dev', '--parseable'], { cwd: ROOT })
  for (const path of stdout.split('\n').filter((line) => line.includes('node_modules/'))) {
    const place = join(image, path.slice(ROOT.length + 1))
    if (place.slice(image.length).split('node_modules/').length > 2) continue
    await mkdir(dirname(place), { recursive: true })
    await symlink(path, place)
  }
})
afterAll(async () => {
  for (const folder of [image, page]) await rm(folder, { recursive: true, force: true })
})

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

  test('has the live page, for a demo', async () => {
    await using node = await startNode({
      databaseUrl: await freshDatabase(),
      env: { NODE_ENV: 'production', JWT_SECRET: TEST_SECRET, DEMO: 'true' },
      main: join(image, 'src/main.ts'),
    })
    const page = await (await fetch(node.url)).text()
    const [, script] = page.match(/<script type="module"[^>]* src="([^"]+)"/) ?? []
    expect((await fetch(node.url + script)).status).toBe(200)
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
