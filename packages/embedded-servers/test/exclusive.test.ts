import { join } from 'node:path'
import t from 'tap'
import { exclusively } from '../src/exclusive.ts'
import { withPrograms } from './fixtures/programs.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

t.test('one works at a time, and a failure frees the lock', async t => {
  const lock = join(await temporaryFolder(t), 'lock')
  let working = 0
  const work = async () => {
    working += 1
    t.equal(working, 1)
    await new Promise(setImmediate)
    working -= 1
    throw new Error('no luck')
  }

  const outcomes = await Promise.allSettled([1, 2, 3].map(() => exclusively(lock, undefined, work)))

  t.strictSame(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected']
  )
})

t.test('who waits can be called off', async t => {
  const lock = join(await temporaryFolder(t), 'lock')
  const holding = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const holder = exclusively(lock, undefined, () => {
    holding.resolve()
    return release.promise
  })
  await holding.promise

  const aborted = new AbortController()
  const waiter = exclusively(lock, aborted.signal, async () => t.fail('it has no lock'))
  aborted.abort()

  await t.rejects(waiter, { name: 'AbortError' })
  release.resolve()
  await holder
})

t.test('where there is no flock the work is done all the same', async t => {
  const folder = await temporaryFolder(t)

  const result = await withPrograms(join(folder, 'bin'), [], () =>
    exclusively(join(folder, 'lock'), undefined, async () => 'done')
  )

  t.equal(result, 'done')
})
