import { BlockList, isIP, type Socket } from 'node:net'

/** Names for ranges, as Express and Fastify know them. */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
}

/** Ranges of fewer bits are nobody's own network. */
const LEAST_BITS = { ipv4: 8, ipv6: 16 } as const

/** Which peers are our own proxies, so that what they say of whoever is behind them counts. */
export class TrustedProxies {
  readonly #ranges = new BlockList()
  readonly #known = new WeakMap<Socket, boolean>()

  /** @param list comma-separated addresses, CIDRs, and names of ranges, as {@link proxyFaults} finds them sound */
  constructor(list: string) {
    for (const { address, bits, family } of rangesOf(list)) this.#ranges.addSubnet(address, bits, family)
  }

  /** Of an address in any spelling; false for what is none. */
  includes(address: string): boolean {
    const family = familyOf(address)
    return family !== undefined && this.#ranges.check(address, family)
  }

  /** Whether the peer itself is one, whatever the request says. Remembered: connections live long, and this costs 1 µs. */
  isPeer(socket: Socket): boolean {
    const known = this.#known.get(socket)
    if (known !== undefined) return known
    const isOne = this.includes(socket.remoteAddress ?? '')
    this.#known.set(socket, isOne)
    return isOne
  }
}

/** What is wrong with a list. */
export function proxyFaults(list: string): string[] {
  const wrong = partsOf(list).filter(part => RANGES[part] === undefined && rangeOf(part) === undefined)
  return wrong.length === 0
    ? []
    : [`TRUSTED_PROXIES: expected addresses, CIDRs, loopback, linklocal or uniquelocal; ${wrong.length} of them not`]
}

/** Whether a list holds, not by name, a range that is no network of anybody's own. */
export const trustsAnybody = (list: string): boolean =>
  partsOf(list).some(part => {
    const range = rangeOf(part)
    return range !== undefined && range.bits < LEAST_BITS[range.family]
  })

interface Range {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

const partsOf = (list: string): string[] =>
  list
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)

const rangesOf = (list: string): Range[] =>
  partsOf(list)
    .flatMap(part => RANGES[part] ?? [part])
    .flatMap(part => rangeOf(part) ?? [])

function rangeOf(part: string): Range | undefined {
  const [address = '', bits, more] = part.split('/')
  const family = familyOf(address)
  if (family === undefined || more !== undefined) return undefined
  const most = family === 'ipv4' ? 32 : 128
  if (bits === undefined) return { address, bits: most, family }
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? { address, bits: Number(bits), family } : undefined
}

function familyOf(address: string): Range['family'] | undefined {
  const version = isIP(address)
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined
}
