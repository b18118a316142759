import { ratio, table, whole } from '../table.ts'
import type { Measured } from './measure.ts'

const ms = (value: number | null): string => (value === null ? '-' : `${value} ms`)

/** Contenders at equal crowds and rates under each other. */
export function reportOf(measured: readonly Measured[], bound: string): string {
  const rows = measured.map(one => {
    const rival = measured.find(
      other => other.contender === bound && other.clients === one.clients && other.rate === one.rate
    )
    const against = rival?.p99 && one.p99 !== null && rival !== one ? `${(one.p99 / rival.p99).toFixed(2)}×` : ''
    return [
      one.contender,
      whole(one.clients),
      whole(one.rate),
      whole(one.delivered),
      ratio(one.share, 1),
      ms(one.p50),
      ms(one.p99),
      against,
      one.joined.toFixed(1),
      one.micros?.toFixed(2) ?? '-'
    ]
  })
  return table(
    ['', 'clients', 'events/s', 'msg/s', 'of due', 'p50', 'p99', 'of bound', 'a write', 'server µs/msg'],
    rows
  )
}

/** The most that each brought, and what that is of the others. */
export function saturationReport(most: readonly Measured[], bound: string, peer: string): string {
  const deliveredBy = (name: string) => most.find(({ contender }) => contender === name)?.delivered
  const [best, rival] = [deliveredBy(bound), deliveredBy(peer)]
  const rows = most.map(({ contender, clients, rate, delivered, p99 }) => [
    contender,
    whole(clients),
    whole(rate),
    whole(delivered),
    ms(p99),
    best === undefined ? '' : ratio(delivered, best),
    rival === undefined ? '' : `${(delivered / rival).toFixed(1)}×`
  ])
  return table(['', 'clients', 'events/s', 'msg/s', 'p99 there', 'of the bound', 'of Socket.IO'], rows)
}
