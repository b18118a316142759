import { parseArgs } from 'node:util'
import { CONTENDERS, type ContenderName, isContender } from './contenders/all.ts'

export const HELP = `Usage: npm run bench:fanout -- [options]

Every event to every client: the whole way from PUBLISH to the socket, beside what Node can do at all and what Socket.IO
does, in turn, in one run, with the clients in a process of their own. Latency is from the making of an event to its
arrival. Read the figures as ratios.

  --clients N,N,…  crowds, default 100,1000,5000
  --rates N,N,…    events a second, default 10,100
  --seconds N      of each measurement, default 5
  --rounds N       each in turn so often, of which the best counts, default 1
  --only NAME,…    of ${Object.keys(CONTENDERS).join(', ')}; default: all but the last
  --saturate N     then a crowd of N at rising rates until less than 95 % arrives, default 1000; 0: none
  --distinct N     a crowd of N where each has a filter of its own, at the same rates, default 1000; 0: none
  --sockets N      so many sockets of one gateway, at 10 events a second, default 10000; 0: none
  --memory N       N idle and N / 5 stalled connections, and what they cost, default 5000; 0: none
  --quick          50 clients, a second each: to see that it runs
  --help           this text
`

export interface FanOutOptions {
  readonly clients: readonly number[]
  readonly rates: readonly number[]
  readonly seconds: number
  readonly rounds: number
  readonly only: readonly ContenderName[]
  readonly saturate: number
  readonly distinct: number
  readonly sockets: number
  readonly memory: number
}

const ALL = ['each', 'framed', 'joined', 'socket.io', 'ours'] as const

const FULL: FanOutOptions = {
  clients: [100, 1_000, 5_000],
  rates: [10, 100],
  seconds: 5,
  rounds: 1,
  only: ALL,
  saturate: 1_000,
  distinct: 1_000,
  sockets: 10_000,
  memory: 5_000
}

const QUICK: FanOutOptions = {
  ...FULL,
  clients: [50],
  rates: [100],
  seconds: 1,
  saturate: 0,
  distinct: 50,
  sockets: 0,
  memory: 0
}

/** What was asked for is none of the options. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** @returns undefined when help was asked for. @throws UsageError naming the option */
export function optionsOf(args: readonly string[]): FanOutOptions | undefined {
  const { values } = parsed(args)
  if (values.help) return undefined
  const base = values.quick ? QUICK : FULL
  const number = (name: keyof typeof values, fallback: number, least = 0) => {
    const [value = fallback] = numbersOf(name, values[name], [fallback], least)
    return value
  }
  return {
    clients: numbersOf('clients', values.clients, base.clients, 1),
    rates: numbersOf('rates', values.rates, base.rates, 1),
    seconds: number('seconds', base.seconds, 1),
    rounds: number('rounds', base.rounds, 1),
    only: values.only === undefined ? base.only : contendersOf(values.only),
    saturate: number('saturate', base.saturate),
    distinct: number('distinct', base.distinct),
    sockets: number('sockets', base.sockets),
    memory: number('memory', base.memory)
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        clients: text,
        rates: text,
        seconds: text,
        rounds: text,
        only: text,
        saturate: text,
        distinct: text,
        sockets: text,
        memory: text,
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function numbersOf(
  name: string,
  text: string | boolean | undefined,
  fallback: readonly number[],
  least: number
): readonly number[] {
  if (typeof text !== 'string') return fallback
  const numbers = text.split(',').map(Number)
  if (numbers.every(number => Number.isInteger(number) && number >= least)) return numbers
  throw new UsageError(`--${name}: whole numbers of at least ${least} were expected, not "${text}"`)
}

function contendersOf(text: string): ContenderName[] {
  return text.split(',').map(name => {
    if (isContender(name)) return name
    throw new UsageError(`--only: ${Object.keys(CONTENDERS).join(', ')} were expected, not "${name}"`)
  })
}
