import t from 'tap'
import { readCommand } from '../src/options.ts'

const read = (args: string, environment = {}) => readCommand(args === '' ? [] : args.split(' '), environment, 42)

t.test('with nothing said it replays the derived universe for ever', async t => {
  t.same(read(''), {
    command: 'replay',
    redis: 'redis://127.0.0.1:6379',
    to: 'pubsub',
    rate: 20,
    speed: undefined,
    backlog: 6000,
    limit: Number.POSITIVE_INFINITY,
    loop: true,
    symbols: 500,
    days: 504,
    intraday: 8,
    bars: undefined,
    seed: 'tickstock',
    run: '42',
    variety: false,
    quiet: false
  })
})

t.test('what is said counts before the environment, and that before the default', async t => {
  t.match(read('', { REDIS_URL: 'redis://a' }), { redis: 'redis://a' })
  t.match(read('--redis redis://b', { REDIS_URL: 'redis://a' }), { redis: 'redis://b' })
})

t.test('options change what goes with them', async t => {
  t.match(read('--once'), { loop: false, backlog: 0 })
  t.match(read('--once --backlog 9 --limit 5 --to inbox'), { backlog: 9, limit: 5, to: 'inbox' })
  t.match(read('--speed 1000'), { speed: 1000, rate: 5000 })
  t.match(read('--speed 1000 --rate 7'), { speed: 1000, rate: 7 })
  t.match(read('--bars dir'), {
    bars: 'dir',
    symbols: Number.POSITIVE_INFINITY,
    days: Number.POSITIVE_INFINITY,
    intraday: 0
  })
  t.match(read('--help'), { command: 'help' })
})

t.test('what cannot be is refused with the reason', async t => {
  const refused = (args: string, message: RegExp) => t.throws(() => read(args), { name: 'UsageError', message })
  refused('--rate 0', /--rate is a number from 0.01 to 5000, not '0'/)
  refused('--rate=', /--rate/)
  refused('--speed -1', /speed/)
  refused('--speed 0', /--speed is a number above 0/)
  refused('--limit 0', /--limit is a whole number of at least 1/)
  refused('--symbols 1.5', /--symbols/)
  refused('--days=', /--days/)
  refused('--to file', /--to is pubsub or inbox/)
  refused('--once --loop', /exclude/)
  refused('--nonsense', /nonsense/)
  refused('dance', /no command 'dance'/)
})
