import axe from 'axe-core'
import type { Page } from './chromium.ts'

/** The violations that axe finds in a page, moderate or worse. */
export async function findingsIn(page: Page): Promise<readonly unknown[]> {
  await page.evaluate(`${axe.source}; undefined`)
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`)
}
