import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Type } from '@sinclair/typebox'
import { startRedis, temporaryFolder } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { Script } from '../src/script.ts'
import { UnexpectedReplyError } from '../src/unexpected-reply-error.ts'

const { port } = await startRedis(t)
const redis = new Redis(port)
t.teardown(() => redis.disconnect())

async function scriptOf(t: Parameters<typeof temporaryFolder>[0], text: string) {
  const path = join(await temporaryFolder(t), 'script.lua')
  await writeFile(path, text)
  return new Script({
    file: pathToFileURL(path),
    keys: ['from', 'to'],
    args: ['first', 'second'],
    reply: Type.Array(Type.String())
  })
}

t.test('keys and arguments are given by name, in whichever order, and sent in the order declared', async t => {
  const script = await scriptOf(t, 'return { KEYS[1], KEYS[2], ARGV[1], ARGV[2] }')

  const reply = await script.run(redis, { to: 'b', from: 'a' }, { second: 2, first: 1 })

  t.same(reply, ['a', 'b', '1', '2'])
})

t.test('a script that Redis has forgotten is sent again', async t => {
  const script = await scriptOf(t, 'return { ARGV[1] }')
  const run = () => script.run(redis, { from: 'a', to: 'b' }, { first: 1, second: 2 })
  await run()
  await redis.script('FLUSH')

  t.same(await run(), ['1'])
  t.same(await run(), ['1'])
})

t.test('a reply of another shape is an error that shows it', async t => {
  const script = await scriptOf(t, 'return 7')

  const run = script.run(redis, { from: 'a', to: 'b' }, { first: 1, second: 2 })

  await t.rejects(run, UnexpectedReplyError)
  await t.rejects(run, /script\.lua replied 7/)
})

t.test('an error of the script is passed on', async t => {
  const script = await scriptOf(t, `return redis.error_reply('ODD ' .. ARGV[1])`)
  const run = () => script.run(redis, { from: 'a', to: 'b' }, { first: 1, second: 2 })

  await t.rejects(run(), { message: 'ODD 1' })
  await t.rejects(run(), { message: 'ODD 1' })
})

t.test('every script says what its keys, arguments and reply are', async t => {
  const folder = new URL('../lua/', import.meta.url)
  for (const name of await readdir(folder)) {
    const text = await readFile(new URL(name, folder), 'utf8')
    const header = text.slice(0, text.indexOf('\n\n'))
    for (const used of new Set(text.match(/(KEYS|ARGV)\[\d\]/g)))
      t.ok(header.includes(used), `${name} explains ${used}`)
    t.match(header, /^-- Returns /m)
  }
})
