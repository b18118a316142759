import type { Contender } from './contender.ts'
import { Bout, type Measured } from './measure.ts'

/** Rates at which a crowd is asked for more, until less than this share arrives. */
const RISING = [50, 100, 200, 300, 400, 600, 800, 1_000, 1_300, 1_700]
const ENOUGH = 0.95

export interface Rounds {
  readonly contenders: readonly Contender[]
  readonly clients: number
  readonly rates: readonly number[]
  readonly seconds: number
  readonly rounds: number
  /** Told of each measurement as it is taken. */
  readonly taken: (measured: Measured) => void
}

/** Every contender in turn, round by round; of each the best p99 at a rate: the rest is what the machine did besides. */
export async function inTurn({ contenders, clients, rates, seconds, rounds, taken }: Rounds): Promise<Measured[]> {
  const best = new Map<string, Measured>()
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      await Bout.hold(contender, clients, seconds, async bout => {
        for (const rate of rates) {
          const measured = await bout.at(rate)
          taken(measured)
          const key = `${rate} ${contender.name}`
          const known = best.get(key)
          if (known === undefined || isBetter(measured, known)) best.set(key, measured)
        }
      })
    }
  }
  return rates.flatMap(rate => contenders.flatMap(({ name }) => best.get(`${rate} ${name}`) ?? []))
}

const isBetter = (one: Measured, other: Measured): boolean =>
  Math.abs(one.share - other.share) > 0.02
    ? one.share > other.share
    : (one.p99 ?? Number.POSITIVE_INFINITY) < (other.p99 ?? Number.POSITIVE_INFINITY)

/** Raises the rate until it saturates. @returns the measurement that delivered most */
export async function saturated(
  contender: Contender,
  clients: number,
  seconds: number,
  taken: Rounds['taken']
): Promise<Measured> {
  return Bout.hold(contender, clients, seconds, async bout => {
    let most: Measured | undefined
    for (const rate of RISING) {
      const measured = await bout.at(rate)
      taken(measured)
      if (most === undefined || measured.delivered > most.delivered) most = measured
      if (measured.share < ENOUGH) break
    }
    if (most === undefined) throw new Error('there was no rate to try')
    return most
  })
}
