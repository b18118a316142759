import t from 'tap'
import { parseOptions } from '../src/options.ts'

const parse = (args: string[], env: NodeJS.ProcessEnv = {}) => parseOptions(args, env, '/project')

t.test('with nothing configured everything is embedded, below the project, at any port', async t => {
  t.same(parse([]), {
    port: undefined,
    dataDir: '/project/.data',
    fresh: false,
    replay: true,
    replayArgs: ['--to', 'inbox'],
    barsArgs: [],
    redisUrl: undefined,
    databaseUrl: undefined
  })
})

t.test('the command line wins over the environment', async t => {
  t.match(parse(['--port', '9000'], { PORT: '8000' }), { port: 9000 })
  t.match(parse([], { PORT: '8000' }), { port: 8000 })
})

t.test('options of the replay are passed on, folders relative to the working directory', async t => {
  t.match(parse(['--to', 'pubsub', '--rate', '50', '--symbols', '100', '--bars', 'my-bars']), {
    replayArgs: ['--to', 'pubsub', '--rate', '50', '--symbols', '100', '--bars', `${process.cwd()}/my-bars`]
  })
  t.match(parse(['--no-replay', '--fresh', '--data', '/elsewhere']), {
    replay: false,
    fresh: true,
    dataDir: '/elsewhere'
  })
})

t.test('help is asked for in two ways', async t => {
  t.equal(parse(['--help']), 'help')
  t.equal(parse(['-h']), 'help')
})

t.test("the user's own servers are taken, and their passwords never repeated", async t => {
  t.match(
    parse([], { REDIS_URL: 'rediss://:secret@redis:6380', DATABASE_URL: 'postgresql://me:secret@db/tickstock' }),
    {
      redisUrl: 'rediss://:secret@redis:6380',
      databaseUrl: 'postgresql://me:secret@db/tickstock'
    }
  )
  for (const url of ['http://:secret@redis', 'redis://:secret@redis/abc']) {
    const refusal = { name: 'RedisUrlError', message: /^REDIS_URL: expected a url of Redis, redis:(?!.*secret)/ }
    t.throws(() => parse([], { REDIS_URL: url }), refusal)
  }
})

t.test('what is wrong is named, with what was expected', async t => {
  const cases: [string[], NodeJS.ProcessEnv, RegExp][] = [
    [['--port', 'http'], {}, /the port is a whole number from 1 to 65535, not "http"/],
    [[], { PORT: '70000' }, /the port is a whole number/],
    [['--rate', '0'], {}, /--rate is a whole number from 1 to 5000, not "0"/],
    [['--rate', '5001'], {}, /--rate is a whole number from 1 to 5000/],
    [['--symbols', '-3'], {}, /--symbols/],
    [['--speed', '3'], {}, /--speed/],
    [['--to', 'nowhere'], {}, /--to is inbox or pubsub, not "nowhere"/],
    [['everything'], {}, /everything/]
  ]
  for (const [args, env, message] of cases)
    t.throws(() => parse(args, env), { name: 'UsageError', message }, args.join(' '))
})
