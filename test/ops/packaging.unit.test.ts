import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

/** Of the linter; it ships no types of it. */
interface Finding {
  readonly rule: string
  readonly message: string
}

/** The variables that docs/configuration.md explains. */
const documented = new Set((await read('docs/configuration.md')).match(/\b[A-Z][A-Z0-9_]+\b/g))
const unknownIn = (variables: object): readonly string[] =>
  Object.keys(variables).filter((name) => !documented.has(name))

describe('Dockerfile', async () => {
  const text = await read('Dockerfile')

  test('has nothing that a linter finds', () => {
    expect(validate(text)).toEqual([])
  })

  test('is of the Node that the project pins, and runs without rights', async () => {
    const { devDependencies } = JSON.parse(await read('package.json'))
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(new Set(bases)).toEqual(new Set([`node:${devDependencies.node}-bookworm-slim`]))
    expect(text).toMatch(/^USER node$/m)
  })

  test('copies what .dockerignore lets through', async () => {
    const admitted = (await read('.dockerignore')).split('\n').filter((line) => line.startsWith('!'))
    const copied = [...text.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '))
    expect(new Set(copied)).toEqual(new Set(admitted.map((line) => line.slice(1))))
  })

  test('sets variables that there are', () => {
    const set = [...text.matchAll(/^(?:ENV)? +([A-Z_]+)=/gm)].map(([, name = '']) => [name, ''])
    expect(unknownIn(Object.fromEntries(set))).toEqual([])
  })
})

describe('compose.yaml', async () => {
  const compose = parse(await read('compose.yaml'), { merge: true })

  test('has no fault that a linter finds', () => {
    const rules = {
      'service-keys-order': 0,
      'services-alphabetical-order': 0,
      'top-level-properties-order': 0,
      'require-quotes-in-ports': [1, { quoteType: 'double' }],
    } as const
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] })
    const [result] = linter.lintFiles([join(ROOT, 'compose.yaml')], false)
    expect(result?.messages.map(({ rule, message }: Finding) => `${rule}: ${message}`)).toEqual([])
  })

  test('runs three nodes, each with what is documented, longer than they drain', () => {
    const nodes = Object.entries<Record<string, never>>(compose.services).filter(([name]) =>
      name.startsWith('node-'),
    )
    expect(nodes).toHaveLength(3)
    for (const [, node] of nodes) {
      const { environment, stop_grace_period: grace } = node
      expect(unknownIn(environment ?? {})).toEqual([])
      expect(Number.parseInt(String(grace), 10) * 1000).toBeGreaterThan(
        Number(environment?.['DRAIN_TIMEOUT_MS']),
      )
    }
  })

  test('mounts files that there are', async () => {
    const volumes = Object.values<{ readonly volumes?: readonly string[] }>(compose.services)
      .flatMap((service) => service.volumes ?? [])
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((path) => /\.\w+$/.test(path))
    expect(volumes.length).toBeGreaterThan(3)
    for (const path of volumes) expect(await read(path)).not.toBe('')
  })

  test('is watched and balanced node by node', async () => {
    const { scrape_configs } = parse(await read('ops/prometheus/prometheus.yaml'))
    const nodes = Object.keys(compose.services).filter((name) => name.startsWith('node-'))
    const addresses = nodes.map((name) => `${name}:4000`)
    expect(scrape_configs[0].static_configs[0].targets).toEqual(addresses)
    const nginx = await read('ops/nginx/nginx.conf')
    expect([...nginx.matchAll(/server (node-\S+)/g)].map(([, address]) => address)).toEqual(addresses)
  })
})

describe('ops/kubernetes/rostrum.yaml', async () => {
  const manifests = parseAllDocuments(await read('ops/kubernetes/rostrum.yaml')).map((each) => each.toJS())
  const kind = (name: string) => manifests.find((each) => each.kind === name)

  test.each(manifests.map((each) => [each.kind, each] as const))(
    '%s is what its schema says',
    async (name, manifest) => {
      const models = await import(`kubernetes-models/${manifest.apiVersion}/${name}`)
      const Model = models[name] ?? models.default[name]
      expect(() => new Model(manifest).validate()).not.toThrow()
    },
  )

  test('sets variables that there are', () => {
    expect(unknownIn(kind('ConfigMap').data)).toEqual([])
    expect(unknownIn(kind('Secret').stringData)).toEqual([])
  })

  test('gives a node the time to drain, after proxies have heard of it', () => {
    const { terminationGracePeriodSeconds: grace, containers } = kind('Deployment').spec.template.spec
    const { seconds } = containers[0].lifecycle.preStop.sleep
    expect(grace * 1000).toBeGreaterThan(seconds * 1000 + Number(kind('ConfigMap').data.DRAIN_TIMEOUT_MS))
  })

  test('takes a node out by /ready and restarts it by /health alone', () => {
    const [container] = kind('Deployment').spec.template.spec.containers
    expect(container.readinessProbe.httpGet.path).toBe('/ready')
    expect([container.livenessProbe.httpGet.path, container.startupProbe.httpGet.path]).toEqual([
      '/health',
      '/health',
    ])
  })
})
