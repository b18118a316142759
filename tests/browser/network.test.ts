import { until } from '@tickstock/test-kit'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startChromium } from './chromium.ts'
import { startLiveSystem } from './live-system.ts'

const state = (page: Page) => page.locator('#status').getAttribute('data-state')
const isLive = (page: Page) => until(async () => (await state(page)) === 'live', { what: 'the page to be live' })
const places = (page: Page) => page.locator('#events tr td:first-child').allTextContents()
const newestFirst = (count: number) => Array.from({ length: count }, (_, index) => `daily ${count - index}`)

/** Runs in the page: each state from now on is noted, once in a row. */
const RECORD_STATES = `{
  const status = document.getElementById('status')
  const states = (window.states = [])
  new MutationObserver(() => {
    const { state } = status.dataset
    if (states.at(-1) !== state) states.push(state)
  }).observe(status, { attributes: true })
}`
const recorded = (page: Page): Promise<string[]> => page.evaluate('window.states')

t.test('a page notices the network', async t => {
  const [system, browser] = await Promise.all([startLiveSystem(t), startChromium(t)])
  const context = await browser.newContext()
  const page = await context.newPage()
  // Its timers wait once the clock is paused, so nothing but an event makes an attempt due.
  await page.clock.install()
  await page.goto(`${system.url}/sdk/`)
  await isLive(page)
  const shown = (count: number) => until(async () => (await places(page)).length >= count, { what: `${count} events` })

  await t.test('keeps a socket that still delivers while the browser says offline', async t => {
    await page.evaluate(RECORD_STATES)
    const { accepted } = system.network

    await page.evaluate(`window.dispatchEvent(new Event('offline'))`)
    await until(async () => (await recorded(page)).includes('live'), { what: 'the server to answer' })
    await system.publish(5)
    await shown(5)

    t.same(await recorded(page), ['offline', 'live'])
    t.same(await places(page), newestFirst(5))
    t.equal(system.network.accepted, accepted)
  })

  await t.test('comes back with the network, however long it was away', async t => {
    await isLive(page)
    await page.evaluate(RECORD_STATES)
    await page.clock.pauseAt(Date.now() + 60_000)

    await system.network.cut()
    await context.setOffline(true)
    await until(async () => (await state(page)) === 'offline', { what: 'the page to be offline' })
    await page.clock.runFor(90_000)
    await system.publish(5)
    t.same(await places(page), newestFirst(5))
    await system.network.restore()
    await context.setOffline(false)
    await page.clock.runFor(500)
    await isLive(page)
    await shown(10)

    t.match((await recorded(page)).join(), /^offline,(?:catching_up,)?live$/)
    t.same(await places(page), newestFirst(10))
    await page.clock.resume()
  })

  await t.test('finds a connection that ended unnoticed when it is visible again', async t => {
    await page.evaluate(RECORD_STATES)
    system.network.strand()

    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await until(async () => (await recorded(page)).includes('live'), { what: 'another connection' })
    await system.publish(5)
    await shown(15)

    t.match((await recorded(page)).join(), /^offline,(?:catching_up,)?live$/)
    t.same(await places(page), newestFirst(15))
  })
})
