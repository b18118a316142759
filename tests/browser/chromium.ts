import { provisionChromium } from '@tickstock/embedded-servers'
import type { Teardown } from '@tickstock/test-kit'
import { type Browser, chromium } from 'playwright-core'

/** A real browser, which ends with the test; fetched where none is installed. */
export async function startChromium(t: Teardown): Promise<Browser> {
  const { path, env } = await provisionChromium()
  const browser = await chromium.launch({
    executablePath: path,
    env: { ...process.env, ...env },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      // Small in containers, and not everybody's where it was not set up.
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
  t.teardown(() => browser.close())
  return browser
}
