import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type BrowserContext, chromium } from 'playwright-core'
import { folderWith, run, startPatiently } from './process.ts'

/** A tab, with a session storage of its own. */
export interface Page {
  /** Resolves once the page has loaded. */
  goTo(url: string): Promise<void>
  /** The awaited value of `expression` in the page; it must survive JSON. Throws what it throws. */
  evaluate<Value>(expression: string): Promise<Value>
  /** Runs `script` in each document opened from now on, before its own scripts. */
  runFirst(script: string): Promise<void>
  /**
   * Resolves when `expression` is true in the page, even after a navigation; otherwise throws with the page's content.
   */
  until(expression: string, timeoutMs?: number): Promise<void>
  /** Replaces the content of the element that matches `selector`. */
  fill(selector: string, text: string): Promise<void>
  click(selector: string): Promise<void>
  /** Presses a key; the focused element receives it. */
  press(key: 'Tab' | 'Enter' | 'Escape' | 'Space'): Promise<void>
  /** Whether the page prefers dark colours. */
  resize(width: number, height: number, isDark?: boolean): Promise<void>
  /** Renders as in a high-contrast mode, which replaces the page's colours. */
  forceColors(isForced: boolean): Promise<void>
  screenshot(file: string): Promise<void>
  /** URLs it requested, except those that contain their own content (data:, blob:). */
  readonly requested: readonly string[]
  /** Its uncaught errors, and errors in its console. */
  readonly faults: readonly string[]
}

export interface Chromium extends AsyncDisposable {
  newPage(): Promise<Page>
  /** Closes all pages: their subscriptions count against the limits of their address. */
  closePages(): Promise<void>
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync']
/** One process installs it, others wait for it. */
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

/** The path of the program, which is installed if permitted. Throws if it is missing. */
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

/** A headless browser with a fresh profile, which all its pages share. */
export async function startChromium(): Promise<Chromium> {
  const executablePath = await provideChromium()
  const browser = await startPatiently(() => chromium.launch({ executablePath, args: FLAGS }))
  const context = await browser.newContext({ locale: 'en-GB' })
  return {
    newPage: () => openPage(context),
    async closePages() {
      for (const page of context.pages()) await page.close()
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

async function openPage(context: BrowserContext): Promise<Page> {
  const tab = await context.newPage()
  const requested: string[] = []
  const faults: string[] = []
  tab.on('websocket', (socket) => requested.push(socket.url()))
  tab.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) requested.push(request.url())
  })
  tab.on('pageerror', (error) => faults.push(error.stack ?? error.message))
  tab.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`)
  })

  return {
    requested,
    faults,
    evaluate: (expression) => tab.evaluate(expression),
    async runFirst(content) {
      await tab.addInitScript({ content })
    },
    async goTo(url) {
      await tab.goto(url)
    },
    async until(expression, timeoutMs = TIMEOUT_MS) {
      const deadline = Date.now() + timeoutMs
      // During a navigation nothing can be evaluated. (Playwright's own waiting evaluates in the page, where the page's
      // content security policy forbids it.)
      while (!(await tab.evaluate(`Boolean(${expression})`).catch(() => false))) {
        if (Date.now() > deadline) {
          const shown = await tab.evaluate('document.body.innerText').catch((error: unknown) => error)
          throw new Error(`not within ${timeoutMs} ms: ${expression}\nThe page shows:\n${shown}\n${faults}`)
        }
        await pause(30)
      }
    },
    async fill(selector, text) {
      await tab.evaluate(`(() => { const field = document.querySelector(${JSON.stringify(selector)})
        field.focus(); field.select() })()`)
      await tab.keyboard.insertText(text)
    },
    click: (selector) => tab.click(selector, { timeout: TIMEOUT_MS }),
    press: (key) => tab.keyboard.press(key),
    async resize(width, height, isDark = false) {
      await tab.setViewportSize({ width, height })
      await tab.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
    },
    async forceColors(isForced) {
      await tab.emulateMedia({ forcedColors: isForced ? 'active' : 'none' })
    },
    async screenshot(path) {
      await tab.screenshot({ path })
    },
  }
}
