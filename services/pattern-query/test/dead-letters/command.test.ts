import { DEAD_LETTER_KEY, INBOX_KEY, PRODUCER_BASE } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { runDeadLetters } from '../../src/dead-letters/command.ts'
import { deadLettersOptions } from '../../src/dead-letters/options.ts'
import { DeadLetters, letterOf } from '../../src/stores/dead-letters.ts'
import { KeptLetters } from '../../src/stores/kept-letters.ts'
import { published } from '../events.ts'
import { clientOf, loggedIds, startReplica } from '../replica.ts'
import type { Ended } from '../run-command.ts'

const server = startRedis(t)

class Output {
  text = ''

  write(chunk: string | Uint8Array): boolean {
    this.text += Buffer.from(chunk).toString()
    return true
  }
}

async function letterBox(t: Test) {
  const { url } = await server
  const redis = clientOf(t, url)
  await redis.flushall()
  const letters = new DeadLetters(redis)
  const add = (reason: string, payload: Buffer | string, channel?: 'daily') =>
    letters.add(
      letterOf({ reason, detail: `about ${reason}`, origin: PRODUCER_BASE, channel, payload: Buffer.from(payload) })
    )
  const ids = async () => (await redis.xrange(DEAD_LETTER_KEY, '-', '+')).map(([id]) => id)
  const run = async (...args: string[]): Promise<Ended> => {
    const options = deadLettersOptions(args, {}, Date.now())
    if (options === 'help') throw new Error('help was asked for')
    const [out, err] = [new Output(), new Output()]
    const code = await runDeadLetters(new KeptLetters(redis), options, { out, err })
    return { code, out: out.text, err: err.text }
  }
  return { redis, add, ids, run, url }
}

t.test('the newest are listed first, page by page, by reason and time', async t => {
  const { add, ids, run } = await letterBox(t)
  for (const [number, reason] of ['time', 'not_json', 'time'].entries()) await add(reason, `payload ${number}\u001b[2J`)
  const [first = '', second = '', third = ''] = await ids()

  const page = await run('--limit', '2')
  t.equal(page.code, 0)
  t.match(page.out.split('\n'), [
    new RegExp(`^${third} .* time +13 B +payload 2·\\[2J$`),
    new RegExp(`^${second} .*not_json`),
    ''
  ])
  t.match(page.err, `--before ${second}`)
  const rest = await run('list', '--before', second, '--json')
  t.match(JSON.parse(rest.out), { id: first, reason: 'time', detail: 'about time', origin: PRODUCER_BASE })
  t.match((await run('--reason', 'not_json', '--since', '1h')).out, new RegExp(`^${second} .*\n$`))
  t.match((await run('--since', '2999-01-01')).err, /^0 of 3 dead letters/)
})

t.test('one is shown whole: reason, origin and bytes', async t => {
  const { add, ids, run } = await letterBox(t)
  await add('not_json', 'not\njson\u001b')
  await add('not_utf8', Buffer.from([0xff, 0x41, 0x00]), 'daily')
  await add('too_large', 'x'.repeat(70_000))
  const [text = '', binary = '', cut = ''] = await ids()

  t.match((await run('show', text)).out, /reason {3}not_json: about not_json\n.*\nbytes {4}9\n\nnot\njson·\n$/s)
  t.match(
    (await run('show', binary)).out,
    /origin {3}tickstock\.events\.patterns, channel daily\n.*\n000000 {2}ff 41 00 +·A·\n$/s
  )
  t.match((await run('show', cut)).out, /65536 of 70000, cut: it cannot be replayed/)
  t.equal((await run('show', text, '--raw')).out, 'not\njson\u001b')
  t.match(JSON.parse((await run('show', binary, '--json')).out), { payload: '/0EA', channel: 'daily' })
  t.match(await run('show', '1-1'), { code: 1, err: /There is no dead letter 1-1/ })
})

t.test('a replay puts the bytes back, and takes the letters away only then', async t => {
  const { redis, add, ids, run } = await letterBox(t)
  for (const [reason, payload] of [
    ['time', 'a'],
    ['not_json', 'b'],
    ['time', 'c']
  ] as const)
    await add(reason, payload, 'daily')
  await add('too_large', 'x'.repeat(70_000))
  const before = await ids()

  t.match(await run('replay', '--all', '--dry-run'), { code: 1, err: /3 would be replayed/ })
  t.same(await ids(), before)

  t.match(await run('replay', '--reason', 'time'), { code: 0, err: '2 replayed\n' })
  t.same(
    (await redis.xrange(INBOX_KEY, '-', '+')).map(([, fields]) => fields),
    [
      ['channel', 'daily', 'event', 'a'],
      ['channel', 'daily', 'event', 'c']
    ]
  )
  t.match(await run('replay', before[1] ?? '', before[0] ?? ''), {
    code: 1,
    err: new RegExp(`^1 replayed\nThere is no dead letter ${before[0]}`)
  })
  t.match(await run('replay', '--all'), {
    code: 1,
    err: /was cut at 64 KiB of 70000 bytes: it cannot be replayed\n1 not replayed/
  })
  t.same(await ids(), before.slice(3))
  t.match(await run('replay', '--reason', 'unheard'), { code: 0, err: 'No dead letters are meant\n' })
})

t.test('an inbox that does not take them keeps the letters', async t => {
  const { redis, add, ids, run } = await letterBox(t)
  await add('time', 'a')
  await redis.set(INBOX_KEY, 'text')
  await t.rejects(run('replay', '--all'), /WRONGTYPE/)
  t.equal((await ids()).length, 1)
})

t.test('after a fix a replayed event stands in the log; what is refused again is a letter again, once', async t => {
  const { redis, add, ids, run, url } = await letterBox(t)
  await add('confidence', published('fixed'), 'daily')
  await add('not_json', 'hello')
  const before = await ids()
  await startReplica(t, url)

  t.match(await run('replay', '--all'), { code: 0, err: '2 replayed\n' })

  await until(async () => (await loggedIds(redis, 'daily')).includes('fixed'))
  await until(async () => (await ids()).length === 1)
  t.notOk((await ids()).some(id => before.includes(id)))
})

t.test('an entry that somebody else put there is shown for what it is', async t => {
  const { redis, ids, run } = await letterBox(t)
  await redis.xadd(DEAD_LETTER_KEY, '*', 'note', 'not a letter')
  const [id = ''] = await ids()
  t.match((await run('show', id)).out, /reason {3}\norigin {3}\nbytes {4}0\n/)
  t.match(await run('list', '--json'), { code: 0 })
})
