import type { Scenario } from '../scenario.ts'

export const networkCut: Scenario = {
  name: 'network-cut',
  what: 'the network between clients and gateways is cut, and back, several times',
  run: async ({ networks, lasting, full }) => {
    for (let times = full ? 10 : 3; times > 0; times--) {
      await networks.faulty.cut()
      await lasting(100, 3_000)
      await networks.faulty.restore()
      await lasting(300, 5_000)
    }
  }
}

export const networkHalfOpen: Scenario = {
  name: 'network-half-open',
  what: 'connections of clients are forgotten without a word; then one direction is mute, and the way is long',
  run: async ({ networks: { faulty }, lasting }) => {
    faulty.strand()
    await lasting(2_500, 10_000)
    faulty.freeze('to-client')
    await lasting(1_500, 6_000)
    faulty.thaw()
    faulty.freeze('to-server')
    await lasting(1_500, 6_000)
    faulty.thaw()
    faulty.latency(100, 200)
    await lasting(500, 10_000)
    faulty.latency(0)
  }
}

/** As the slowest line that anybody still has, bytes a second. */
const CRAWL = 1_024

export const crawlingReader: Scenario = {
  name: 'crawling-reader',
  what: 'readers of 1 KB/s: for minutes in the full form',
  run: async ({ networks: { faulty }, lasting, full }) => {
    faulty.throttle(CRAWL, 'to-client')
    await lasting(full ? 120_000 : 3_000, 180_000)
    faulty.throttle(Number.POSITIVE_INFINITY)
  }
}
