import type { Logger } from 'pino'
import { every } from '../engine/kernel/every.ts'
import { instant } from '../engine/kernel/instant.ts'
import type { RunningNode } from '../node.ts'
import { issueDevToken } from '../platform/auth/dev-token.ts'
import type { Config } from '../platform/config/config.ts'
import type { Services } from '../resolvers/services.ts'
import { createSaleroom } from './saleroom.ts'
import type { Scene } from './scene.ts'
import { createTradingFloor } from './trading-floor.ts'

/** The demo's rooms. They stay active until closed. */
export interface Demo {
  close(): Promise<void>
}

const ACT_EVERY_MS = 1_500

/** Opens the demo's rooms and keeps each of them busy. */
export async function startDemo(services: Services, log: Logger): Promise<Demo> {
  const plays: Demo[] = []
  for (const scene of [createSaleroom(services), createTradingFloor(services)]) {
    await scene.open()
    plays.push(play(scene, log))
  }
  return {
    async close() {
      await Promise.all(plays.map((each) => each.close()))
    },
  }
}

function play(scene: Scene, log: Logger): Demo {
  return every(() => scene.act(), {
    everyMs: () => ACT_EVERY_MS * (0.3 + Math.random()),
    onFault: (error) => log.warn({ err: error }, 'an act of the demo failed; the next one follows'),
  })
}

/** Prints the demo's address with a token to sign in. */
export async function greet(
  { url }: RunningNode,
  { auth, issuesDevTokens }: Config,
  log: Logger,
): Promise<void> {
  log.info(`live room   ${url}/`)
  log.info(`GraphiQL    ${url}/graphql`)
  log.info(`GraphQL     ${url}/graphql and ${url.replace(/^http/, 'ws')}/graphql`)
  if (auth.kind !== 'secret' || !issuesDevTokens) {
    log.info('sign in with a token that the owner of your signing key issued: this server issues none')
    return
  }
  const { token } = await issueDevToken(auth, { sub: 'you', name: 'You' }, instant(Date.now()))
  // Bypasses the log, which redacts tokens: this line is for the person at the terminal.
  process.stdout.write(`\nA token for a bidder named You (sub "you"), good for 12 hours:\n${token}\n\n`)
}
