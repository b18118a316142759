export interface RedisHost {
  readonly host: string
  readonly port: number
}

export interface RedisCredentials {
  readonly username: string | undefined
  readonly password: string | undefined
}

interface Reached {
  /** At least one. */
  readonly hosts: readonly RedisHost[]
  readonly credentials: RedisCredentials
  readonly tls: boolean
}

/** What a URL of Redis says. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  /** The hosts are Sentinels, which know where the master of this name is. */
  | (Reached & {
      readonly kind: 'sentinel'
      readonly master: string
      readonly db: number
      readonly sentinelCredentials: RedisCredentials
    })
  /** The hosts are some of the nodes, which know the others. */
  | (Reached & { readonly kind: 'cluster' })

const HOST = String.raw`(?:\[[\da-fA-F:.]+\]|[^\s:/?#@,\[\]]+)(?::\d{1,5})?`
const HOSTS = `${HOST}(?:,${HOST})*`
const LOGIN = String.raw`(?:[^\s/?#@]*@)?`
const SINGLE = String.raw`rediss?://\S+`
const SENTINEL = String.raw`rediss?-sentinel://${LOGIN}${HOSTS}/[^\s/?#]+(?:/\d+)?(?:\?\S*)?`
const CLUSTER = `rediss?-cluster://${LOGIN}${HOSTS}/?`

const looksRight = new RegExp(`^(?:${SINGLE}|${SENTINEL}|${CLUSTER})$`)

/** What {@link parseRedisUrl} takes. */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/db], redis-sentinel://[user:password@]host[:port],…/master[/db] ' +
  'or redis-cluster://[user:password@]host[:port],…; rediss… for TLS'

const parts = /^(rediss?)-(sentinel|cluster):\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^/?]+))?(?:\/(\d+))?\/?(?:\?(.*))?$/

/**
 * Reads `redis://`, `rediss://`, `redis-sentinel://`, `rediss-sentinel://`, `redis-cluster://` and `rediss-cluster://`. Names and passwords are
 * percent-encoded; those of the Sentinels themselves are `?sentinel_user=…&sentinel_password=…`.
 *
 * @throws TypeError, which does not repeat the text: it may hold a password
 */
export function parseRedisUrl(text: string): RedisAddress {
  const address = looksRight.test(text) ? addressIn(text) : undefined
  if (address === undefined) throw new TypeError(`a url of Redis is ${REDIS_URL_FORMS}`)
  return address
}

/** Whether {@link parseRedisUrl} takes a text. */
export function isRedisUrl(text: string): boolean {
  return looksRight.test(text) && addressIn(text) !== undefined
}

function addressIn(text: string): RedisAddress | undefined {
  const found = parts.exec(text)
  if (found === null) return URL.canParse(text) ? { kind: 'single', url: text } : undefined
  if (![found[3] ?? '', found[5] ?? ''].every(isPercentEncoded)) return undefined
  const [, scheme, kind, login = '', hosts = '', master = '', db = '0', query = ''] = found
  const reached = { credentials: credentialsIn(login), tls: scheme === 'rediss' }
  if (kind === 'cluster') return { kind, ...reached, hosts: hostsIn(hosts, 6379) }
  const params = new URLSearchParams(query)
  const sentinelCredentials = {
    username: params.get('sentinel_user') ?? undefined,
    password: params.get('sentinel_password') ?? undefined
  }
  const name = decodeURIComponent(master)
  return {
    kind: 'sentinel',
    ...reached,
    hosts: hostsIn(hosts, 26379),
    master: name,
    db: Number(db),
    sentinelCredentials
  }
}

/** Where a URL leads, for people: without what is secret. */
export function describeRedisUrl(text: string): string {
  const address = parseRedisUrl(text)
  if (address.kind === 'single') return new URL(address.url).host
  const hosts = address.hosts.map(({ host, port }) => `${host}:${port}`).join(',')
  return address.kind === 'sentinel' ? `${hosts}/${address.master}` : hosts
}

/** Else decoding it throws. */
function isPercentEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

function hostsIn(list: string, usualPort: number): RedisHost[] {
  return list.split(',').map(text => {
    const [, version6, name = '', port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? []
    return { host: version6 ?? name, port: port === undefined ? usualPort : Number(port) }
  })
}

function credentialsIn(login: string): RedisCredentials {
  const at = login.indexOf(':')
  const [username, password] = at < 0 ? [login, ''] : [login.slice(0, at), login.slice(at + 1)]
  return { username: decodeURIComponent(username) || undefined, password: decodeURIComponent(password) || undefined }
}
