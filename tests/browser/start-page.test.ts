import { until } from '@tickstock/test-kit'
import t from 'tap'
import { startChromium } from './chromium.ts'
import { startLiveSystem } from './live-system.ts'

t.test('the start page shows what lives and what comes, by a filter, and how it stands', async t => {
  const [system, browser] = await Promise.all([startLiveSystem(t), startChromium(t)])
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  const state = () => page.locator('#state').textContent()
  const symbols = () => page.locator('#rows tr td:nth-child(2)').allTextContents()
  const isLive = () => until(async () => (await state()) === 'live', { what: 'the page to be live' })
  await system.publish(3)

  await page.goto(system.url)
  await isLive()
  await until(async () => (await symbols()).length >= 3, { what: 'what lives' })
  await system.publish(2)
  await until(async () => (await page.locator('#received').textContent()) === '2', { what: 'what comes' })

  await page.fill('#symbols', 'NONE')
  await page.click('button[type=submit]')
  await isLive()
  await system.publish(2)
  await until(async () => (await page.locator('#positions').textContent())?.includes(':7'), {
    what: 'to move over them'
  })
  t.same(await symbols(), [])
  t.equal(await page.locator('#missed').textContent(), '0')

  await system.network.cut()
  await until(async () => (await state())?.startsWith('offline'), { what: 'the page to be offline' })
  await system.network.restore()
  await isLive()
  t.same(faults, [])
})
