import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { watchOptions } from '../../src/watch/options.ts'

const nowhere = join(import.meta.dirname, 'no-such-file')
const options = (...args: string[]) => watchOptions(args, {}, nowhere)

t.test('without options: everything, from now, where a system runs by default', async t => {
  t.same(options(), {
    url: 'http://localhost:8080/',
    channels: ['daily', 'intraday', 'combo'],
    filter: {},
    from: 'now',
    name: undefined,
    device: undefined,
    store: undefined,
    token: undefined,
    user: 'watch',
    json: false,
    limit: Number.POSITIVE_INFINITY
  })
  t.equal(options('--help'), 'help')
})

t.test('the address of the running system is used, unless another is given', async t => {
  const file = join(await temporaryFolder(t), 'url')
  await writeFile(file, 'http://localhost:9123\n')

  t.match(watchOptions([], {}, file), { url: 'http://localhost:9123/' })
  t.match(watchOptions(['--url', 'https://x.example'], {}, file), { url: 'https://x.example/' })
  t.throws(() => watchOptions([], {}, import.meta.dirname), { code: 'EISDIR' })
})

t.test('filters, channels and identity', async t => {
  t.match(options('--symbols', 'aapl, msft', '--symbols', 'brk.b', '--patterns', 'Doji', '--confidence-min', '0.8'), {
    filter: { symbols: ['AAPL', 'MSFT', 'BRK.B'], pattern_types: ['Doji'], confidence_min: 0.8 }
  })
  t.match(options('--channel', 'Daily,combo', '--token', 'k', '--limit', '3'), {
    channels: ['daily', 'combo'],
    token: 'k',
    user: undefined,
    limit: 3
  })
  t.match(watchOptions([], { TICKSTOCK_TOKEN: 'from the environment' }, nowhere), { token: 'from the environment' })
})

t.test('what is wrong is said', async t => {
  const wrong: [string[], RegExp][] = [
    [['--channel', 'weekly'], /daily, intraday, combo/],
    [['--confidence-min', '2'], /--confidence-min is a number from 0 to 1/],
    [['--confidence-min', ''], /--confidence-min/],
    [['--limit', '0'], /--limit/],
    [['--url', 'localhost:80'], /--url/],
    [['--from', 'then'], /--from/],
    [['--nonsense'], /nonsense/]
  ]
  for (const [args, message] of wrong) t.throws(() => options(...args), { name: 'UsageError', message })
})

t.test('where it begins, and what is kept of where it was', async t => {
  t.match(options('--from', 'acknowledged', '--name', 'desk', '--device', 'laptop-1', '--store', 'x.json'), {
    from: 'acknowledged',
    name: 'desk',
    device: 'laptop-1',
    store: 'x.json'
  })
  t.throws(() => options('--from', 'acknowledged'), { name: 'UsageError', message: /needs a --name/ })
  t.throws(() => options('--name', 'a b'), { name: 'UsageError', message: /--name is of letters/ })
  t.throws(() => options('--device', ''), { name: 'UsageError' })
})
