/** A CPU profile as V8 writes it, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      /** From 0. */
      readonly lineNumber: number
    }
    readonly children?: readonly number[]
  }[]
  /** Ids of nodes, and the microseconds before each. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** A function as it was called from those above it, with all that it called. */
export interface Frame {
  readonly name: string
  /** The package, folder or part of Node that it belongs to. */
  readonly group: string
  /** Microseconds. */
  total: number
  readonly callees: Map<string, Frame>
}

const IDLE = new Set(['(idle)', '(program)'])
const ROW = 17
const WIDTH = 1_600
/** Narrower ones are left out: nobody could read them. */
const LEAST = 1.5
const CHARACTER = 6.4

function groupOf(url: string): string {
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (inPackage !== undefined) return inPackage
  if (url.startsWith('node:')) return 'node'
  return /\/(src\/[^/]+)/.exec(url)?.[1] ?? 'native'
}

const makeFrame = (name: string, group: string): Frame => ({ name, group, total: 0, callees: new Map() })

/** All samples between two moments of the profile, in seconds, but for those without work. */
export function framesOf(profile: CpuProfile, from = 0, to = Number.POSITIVE_INFINITY): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const callers = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const root = makeFrame('all', 'native')
  let at = 0
  for (const [index, sample] of profile.samples.entries()) {
    const micros = profile.timeDeltas[index] ?? 0
    at += micros
    if (at < from * 1e6 || at > to * 1e6) continue
    const path: number[] = []
    for (let id: number | undefined = sample; id !== undefined; id = callers.get(id)) path.unshift(id)
    if (IDLE.has(nodes.get(sample)?.callFrame.functionName ?? '')) continue
    addPath(root, path.slice(1), nodes, micros)
  }
  return root
}

function addPath(
  root: Frame,
  path: readonly number[],
  nodes: ReadonlyMap<number, CpuProfile['nodes'][number]>,
  micros: number,
): void {
  let frame = root
  frame.total += micros
  for (const id of path) {
    const { functionName = '', url = '', lineNumber = 0 } = nodes.get(id)?.callFrame ?? {}
    const file = url.replace(/^.*\//, '')
    const name = `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
    const callee = frame.callees.get(name) ?? makeFrame(name, groupOf(url))
    frame.callees.set(name, callee)
    callee.total += micros
    frame = callee
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** The same hue for the same group. */
function colourOf(group: string): string {
  let hash = 0
  for (const character of group) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360
  return `hsl(${hash} 60% 72%)`
}

function drawn(frame: Frame, x: number, depth: number, scale: number, whole: number, into: string[]): number {
  const width = frame.total * scale
  if (width < LEAST) return depth
  const share = ((100 * frame.total) / whole).toFixed(1)
  const fitting = Math.floor((width - 4) / CHARACTER)
  const label = frame.name.length <= fitting ? frame.name : frame.name.slice(0, Math.max(0, fitting))
  const y = depth * ROW
  into.push(
    `<g><title>${escaped(`${frame.name} (${frame.group}): ${share} %`)}</title>` +
      `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame.group)}"/>` +
      (label.length > 2 ? `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(label)}</text>` : '') +
      '</g>',
  )
  let deepest = depth + 1
  let at = x
  for (const callee of [...frame.callees.values()].sort((one, other) => other.total - one.total)) {
    deepest = Math.max(deepest, drawn(callee, at, depth + 1, scale, whole, into))
    at += callee.total * scale
  }
  return deepest
}

/** An SVG with callers above what they call, as wide as they took long; what each is stands in its tooltip. */
export function flameGraphOf(root: Frame): string {
  const parts: string[] = []
  const rows = drawn(root, 0, 0, WIDTH / Math.max(1, root.total), Math.max(1, root.total), parts)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${rows * ROW}" font-family="monospace" font-size="10.5">`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}
