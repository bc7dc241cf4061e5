import './dom.ts'
import { cleanup, render } from '@testing-library/react'
import { createElement } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ErrorBoundary } from '../../web/src/error-boundary.tsx'

afterEach(cleanup)

function Broken(): never {
  throw new RangeError('Invalid currency code')
}

describe('An error while the page is drawn', () => {
  test('leaves a sentence and a button to reload', () => {
    // React reports what it caught.
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { container } = render(createElement(ErrorBoundary, null, createElement(Broken)))
    expect(container.querySelector('[role=alert]')?.textContent).toContain('reload')
    expect(container.querySelector('button')?.textContent).toBe('Reload')
    expect(reported).toHaveBeenCalled()
    reported.mockRestore()
  })

  test('concerns nobody where there is none', () => {
    const { container } = render(createElement(ErrorBoundary, null, createElement('p', null, 'Lots')))
    expect(container.textContent).toBe('Lots')
  })
})
