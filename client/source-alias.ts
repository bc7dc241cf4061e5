import { join } from 'node:path'

const source = (file: string): string => join(import.meta.dirname, 'src', file)

/** For bundlers: the kit as it stands here, where others have it installed. */
export const sourceAlias = [
  { find: '@rostrum/client/react', replacement: source('react/index.ts') },
  { find: /^@rostrum\/client\/([\w-]+)$/, replacement: source('$1.ts') },
  { find: /^@rostrum\/client$/, replacement: source('index.ts') },
]
