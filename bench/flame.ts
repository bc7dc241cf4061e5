import { readFile, writeFile } from 'node:fs/promises'
import { type CpuProfile, flameGraphOf, framesOf } from './run/flame.ts'

/** `npm run bench:flame -- in.cpuprofile out.svg [from] [to]`: a flame graph of what `--profile` keeps, from second to second. */
const [input, output, from = '0', to = 'Infinity'] = process.argv.slice(2)
if (input === undefined || output === undefined) {
  throw new Error(
    'Name a CPU profile, and the SVG to be written: npm run bench:flame -- in.cpuprofile out.svg',
  )
}
const profile: CpuProfile = JSON.parse(await readFile(input, 'utf8'))
await writeFile(output, flameGraphOf(framesOf(profile, Number(from), Number(to))))
