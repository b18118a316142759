import t from 'tap'
import { SectorListing } from '../../src/domain/sector-listing.ts'

t.test('those who ask within a few seconds share one reading, and the tag is of what was read', async t => {
  let now = 0
  let reads = 0
  let sectors: Record<string, string[]> = { Energy: ['XOM'] }
  const listing = new SectorListing(
    async () => {
      reads++
      return sectors
    },
    () => now
  )

  const [first, second] = await Promise.all([listing.current(), listing.current()])
  now = 4_999
  const third = await listing.current()
  t.equal(reads, 1)
  t.equal(second, first)
  t.equal(third, first)
  t.same(JSON.parse(first.json), { sectors: { Energy: ['XOM'] } })

  now = 5_000
  const same = await listing.current()
  t.equal(reads, 2)
  t.equal(same.etag, first.etag)

  sectors = { Energy: ['CVX', 'XOM'] }
  now = 10_000
  t.not((await listing.current()).etag, first.etag)
})

t.test('a reading that fails is not kept', async t => {
  const answers = [async () => Promise.reject(new Error('away')), async () => ({})]
  const listing = new SectorListing(
    async () => (await answers.shift()?.()) ?? {},
    () => 0
  )

  await t.rejects(listing.current(), { message: 'away' })
  t.match(await listing.current(), { json: '{"sectors":{}}' })
})
