import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { folderWith, makeTemporaryFolder, run, startPatiently, startProcess, untilReady } from './process.ts'

/** A tab, with a session storage of its own. */
export interface Page {
  /** Resolves once the page has loaded. */
  goTo(url: string): Promise<void>
  /** What `expression` is in the page, awaited; it must survive JSON. Throws what it throws. */
  evaluate<Value>(expression: string): Promise<Value>
  /** Runs `script` in each document that is opened from now on, before what the document itself runs. */
  runFirst(script: string): Promise<void>
  /** Resolves when `expression` is true in the page, also after a navigation; else throws, with what the page shows. */
  until(expression: string, timeoutMs?: number): Promise<void>
  /** Types into the element that `selector` finds, in place of what it holds. */
  fill(selector: string, text: string): Promise<void>
  click(selector: string): Promise<void>
  /** A key of the keyboard, such as Tab and Enter, to what has the focus. */
  press(key: 'Tab' | 'Enter'): Promise<void>
  /** Where the page is `isDark`, it prefers dark colours. */
  resize(width: number, height: number, isDark?: boolean): Promise<void>
  screenshot(file: string): Promise<void>
  /** Addresses it asked for, beside those that hold their own content (data:, blob:). */
  readonly requested: readonly string[]
  /** What it threw and nobody caught, and what its console calls an error. */
  readonly faults: readonly string[]
}

export interface Chromium extends AsyncDisposable {
  newPage(): Promise<Page>
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=en-GB'],
]
/** One installs, others wait for it and find it there. */
const INSTALL = `flock /tmp/rostrum-apt.lock sh -c 'command -v chromium ||
  (apt-get update && apt-get install -y --no-install-recommends chromium)'`
const TIMEOUT_MS = 10_000

function findChromium(): string | undefined {
  const { CHROMIUM } = process.env
  if (CHROMIUM) return CHROMIUM
  const paths = NAMES.map((name) => [folderWith([name], ['/usr/bin']), name] as const)
  const [folder, name] = paths.find(([where]) => where !== undefined) ?? []
  return folder === undefined || name === undefined ? undefined : join(folder, name)
}

/** The program's path, installing it where it may. Throws where it stays missing. */
async function provideChromium(): Promise<string> {
  const mayInstall = process.getuid?.() === 0 && folderWith(['apt-get']) !== undefined
  if (findChromium() === undefined && mayInstall) {
    await run('sh', ['-c', INSTALL], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  const file = findChromium()
  if (file !== undefined) return file
  throw new Error(
    'The browser tests need Chromium: install it (on Debian: apt-get install chromium), or name the program in CHROMIUM.',
  )
}

/** A browser without a window and with a fresh profile, driven by the DevTools protocol. */
export async function startChromium(): Promise<Chromium> {
  const file = await provideChromium()
  return startPatiently(() => startOnce(file))
}

async function startOnce(file: string): Promise<Chromium> {
  const folder = await makeTemporaryFolder('chromium')
  const args = [...FLAGS, `--user-data-dir=${folder}`, '--remote-debugging-port=0', 'about:blank']
  const browser = startProcess({ file, args, folder, lethal: 'SIGKILL' })
  let address = ''
  await untilReady(browser, async () => {
    // The file has the port and the path once it listens.
    const [port, path] = (await readFile(join(folder, 'DevToolsActivePort'), 'utf8').catch(() => '')).split(
      '\n',
    )
    address = `ws://127.0.0.1:${port}${path}`
    return path !== undefined
  })
  const link = await openLink(address)
  return {
    newPage: () => openPage(link),
    async [Symbol.asyncDispose]() {
      await link.send('Browser.close').catch(() => {})
      link.close()
      const timer = setTimeout(() => void browser.end('SIGKILL'), TIMEOUT_MS)
      await browser.exited
      clearTimeout(timer)
    },
  }
}

type Params = Readonly<Record<string, unknown>>
interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's answers, each of its own shape
  readonly params?: any
  // biome-ignore lint/suspicious/noExplicitAny: the same
  readonly result?: any
  readonly error?: { readonly message: string }
}

interface Link {
  send(method: string, params?: Params, sessionId?: string): Promise<Message['result']>
  listen(sessionId: string, hear: (method: string, params: Message['params']) => void): void
  close(): void
}

async function openLink(address: string): Promise<Link> {
  const socket = new WebSocket(address)
  await once(socket, 'open')
  const pending = new Map<number, PromiseWithResolvers<Message['result']>>()
  const listeners = new Map<string, (method: string, params: Message['params']) => void>()
  let lastId = 0
  socket.on('message', (data) => {
    const { id, sessionId = '', method, params, result, error }: Message = JSON.parse(String(data))
    if (method !== undefined) listeners.get(sessionId)?.(method, params)
    if (id === undefined) return
    if (error === undefined) pending.get(id)?.resolve(result)
    else pending.get(id)?.reject(new Error(error.message))
    pending.delete(id)
  })
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(new Error('The browser is gone'))
  })
  return {
    send(method, params = {}, sessionId) {
      lastId += 1
      const answer = Promise.withResolvers<Message['result']>()
      pending.set(lastId, answer)
      socket.send(JSON.stringify({ id: lastId, method, params, sessionId }))
      return answer.promise
    },
    listen: (sessionId, hear) => listeners.set(sessionId, hear),
    close: () => socket.close(),
  }
}

async function openPage(link: Link): Promise<Page> {
  const { targetId } = await link.send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await link.send('Target.attachToTarget', { targetId, flatten: true })
  const send = (method: string, params?: Params) => link.send(method, params, sessionId)
  const requested: string[] = []
  const faults: string[] = []
  let loaded = Promise.withResolvers<void>()
  link.listen(sessionId, (method, params) => {
    if (method === 'Page.loadEventFired') loaded.resolve()
    if (method === 'Network.webSocketCreated') requested.push(params.url)
    if (method === 'Network.requestWillBeSent' && !/^(data|blob):/.test(params.request.url))
      requested.push(params.request.url)
    if (method === 'Runtime.exceptionThrown') faults.push(describe(params.exceptionDetails))
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
      faults.push(params.args.map((arg: Params) => arg['value'] ?? arg['description']).join(' '))
    if (method === 'Log.entryAdded' && params.entry.level === 'error')
      faults.push(`${params.entry.text} ${params.entry.url ?? ''}`)
  })
  await Promise.all(['Page.enable', 'Runtime.enable', 'Network.enable', 'Log.enable'].map((on) => send(on)))

  async function evaluate<Value>(expression: string): Promise<Value> {
    const options = { expression, awaitPromise: true, returnByValue: true, userGesture: true }
    const { result, exceptionDetails } = await send('Runtime.evaluate', options)
    if (exceptionDetails !== undefined) throw new Error(describe(exceptionDetails))
    return result.value
  }

  const page: Page = {
    requested,
    faults,
    evaluate,
    async runFirst(source) {
      await send('Page.addScriptToEvaluateOnNewDocument', { source })
    },
    async goTo(url) {
      loaded = Promise.withResolvers()
      await send('Page.navigate', { url })
      await loaded.promise
    },
    async until(expression, timeoutMs = TIMEOUT_MS) {
      const deadline = Date.now() + timeoutMs
      // In the middle of a navigation there is nothing to ask.
      while (!(await evaluate(`Boolean(${expression})`).catch(() => false))) {
        if (Date.now() > deadline) {
          const shown = await evaluate('document.body.innerText').catch((error: unknown) => error)
          throw new Error(`not within ${timeoutMs} ms: ${expression}\nThe page shows:\n${shown}\n${faults}`)
        }
        await pause(30)
      }
    },
    async fill(selector, text) {
      await evaluate(`(() => { const field = document.querySelector(${JSON.stringify(selector)})
        field.focus(); field.select() })()`)
      await send('Input.insertText', { text })
    },
    async click(selector) {
      const found = `document.querySelector(${JSON.stringify(selector)})`
      const [x, y] = await evaluate<[number, number]>(`(() => { const found = ${found}
        found.scrollIntoView({ block: 'nearest' })
        const { x, y, width, height } = found.getBoundingClientRect()
        return [x + width / 2, y + height / 2] })()`)
      const at = { x, y, button: 'left', clickCount: 1 }
      await send('Input.dispatchMouseEvent', { type: 'mousePressed', ...at })
      await send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at })
    },
    async press(key) {
      const [code, text] = key === 'Tab' ? [9, ''] : [13, '\r']
      const event = { key, code: key, windowsVirtualKeyCode: code, text }
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    async resize(width, height, isDark = false) {
      const mobile = width < 600
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile })
      const features = [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }]
      await send('Emulation.setEmulatedMedia', { features })
    },
    async screenshot(file) {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      await writeFile(file, Buffer.from(data, 'base64'))
    },
  }
  return page
}

function describe({ text, exception }: { readonly text: string; readonly exception?: Params }): string {
  return String(exception?.['description'] ?? text)
}
