import { until } from '@tickstock/test-kit'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startChromium } from './chromium.ts'
import { startLiveSystem } from './live-system.ts'

const places = (page: Page) => page.locator('#events tr td:first-child').allTextContents()
const state = (page: Page) => page.locator('#status').getAttribute('data-state')
const newestFirst = (count: number) => Array.from({ length: count }, (_, index) => `daily ${count - index}`)

/** Runs in the page: every state from now on is noted. */
const RECORD_STATES = `new MutationObserver(([{ target }]) => {
  document.body.dataset.states += ' ' + target.dataset.state
}).observe(document.getElementById('status'), { attributes: true })`

t.test('each event comes once, in a real browser, under a strict policy', async t => {
  const [system, browser] = await Promise.all([startLiveSystem(t), startChromium(t)])
  const context = await browser.newContext()
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => /policy|refused to/i.test(message.text()) && faults.push(message.text()))
  const shown = (count: number) => until(async () => (await places(page)).length >= count, { what: `${count} events` })

  const answer = await page.goto(`${system.url}/sdk/`)
  await until(async () => (await state(page)) === 'live', { what: 'the page to be live' })

  await t.test('as they happen, where no code may be made from text', async t => {
    t.notMatch(answer?.headers()['content-security-policy'] ?? 'unsafe-eval', 'unsafe-eval')
    await system.publish(5)
    await shown(5)
    t.same(await places(page), newestFirst(5))
  })

  await t.test('over reloads while they come', async t => {
    for (const before of [5, 13, 21, 29, 37]) {
      const publishing = system.publish(8)
      await shown(before + 1)
      await page.reload()
      await publishing
    }
    await shown(45)
    t.same(await places(page), newestFirst(45))
  })

  await t.test('over a page that was left', async t => {
    await page.goto('about:blank')
    await system.publish(5)
    await page.goto(`${system.url}/sdk/`)
    await shown(50)
    t.same(await places(page), newestFirst(50))
  })

  await t.test('over a network that goes and comes back', async t => {
    await context.setOffline(true)
    await system.network.cut()
    await until(async () => (await state(page)) === 'offline', { what: 'the page to be offline' })
    await system.publish(5)
    await system.network.restore()
    await context.setOffline(false)
    await shown(55)
    t.same(await places(page), newestFirst(55))
  })

  await t.test('over gateways that hand over, and the page does not notice', async t => {
    await until(async () => (await state(page)) === 'live', { what: 'the page to be live again' })
    await page.evaluate(RECORD_STATES)
    await system.restartGateways(() => system.publish(5))
    await shown(65)
    t.same(await places(page), newestFirst(65))
    t.notMatch(await page.locator('body').getAttribute('data-states'), 'offline')
  })

  await t.test('in a second tab too, which begins where the first one is and does not disturb it', async t => {
    const other = await context.newPage()
    await other.goto(`${system.url}/sdk/`)
    await until(async () => (await state(other)) === 'live', { what: 'the second tab to be live' })
    await system.publish(5)
    await until(async () => (await places(other)).length >= 5, { what: '5 events in the second tab' })
    t.same(await places(other), newestFirst(70).slice(0, 5))
    await page.reload()
    await system.publish(1)
    await shown(71)
    t.same(await places(page), newestFirst(71))
  })

  await t.test('at the pace of the page', async t => {
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await system.publish(1_500)
    await until(async () => (await state(page)) === 'delayed', { what: 'the page to wait' })
    t.same(await places(page), newestFirst(71))
    await page.keyboard.press('Enter')
    await until(async () => (await places(page))[0] === 'daily 1571', { what: 'the newest event' })
    t.same(await places(page), newestFirst(1_571).slice(0, 100))
  })

  t.same(faults, [])
})
