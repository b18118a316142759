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
  | { readonly kind: 'single'; readonly url: string; readonly db: number }
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
const DATABASE = String.raw`\d{1,9}`
const SENTINEL = String.raw`rediss?-sentinel://${LOGIN}${HOSTS}/[^\s/?#]+(?:/${DATABASE})?(?:\?[^\s#]*)?`
const CLUSTER = `rediss?-cluster://${LOGIN}${HOSTS}(?:/0?)?`

const isSingle = /^rediss?:\/\/\S+$/
const isOfSeveral = new RegExp(`^(?:${SENTINEL}|${CLUSTER})$`)
const isDatabase = new RegExp(`^${DATABASE}$`)
const isHost = new RegExp(`^${HOST}$`)

/** What {@link parseRedisUrl} takes. */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/db], redis-sentinel://[user:password@]host[:port],…/master[/db] ' +
  'or redis-cluster://[user:password@]host[:port],…; rediss… for TLS; db is a number'

/** A URL of Redis that cannot be used. The message does not repeat the URL: it may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError'

  /** @param setting where the URL comes from */
  constructor(setting: string, expected: string) {
    super(`${setting}: expected ${expected}`)
  }
}

const parts = /^(rediss?)-(sentinel|cluster):\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^/?]+))?(?:\/(\d+))?\/?(?:\?(.*))?$/

/** The parameters of a URL with Sentinels. */
const SENTINEL_PARAMETERS: readonly string[] = ['sentinel_user', 'sentinel_password']

/**
 * Reads `redis://`, `rediss://`, `redis-sentinel://`, `rediss-sentinel://`, `redis-cluster://` and `rediss-cluster://`. Names and passwords are
 * percent-encoded; those of the Sentinels themselves are `?sentinel_user=…&sentinel_password=…`.
 *
 * @param setting where the URL comes from, for the message
 * @throws RedisUrlError
 */
export function parseRedisUrl(text: string, setting = 'REDIS_URL'): RedisAddress {
  const address = addressIn(text)
  if (address === undefined) throw new RedisUrlError(setting, `a url of Redis, ${REDIS_URL_FORMS}`)
  return address
}

/** The text, where {@link parseRedisUrl} takes it. */
export function requireRedisUrl(text: string, setting = 'REDIS_URL'): string {
  parseRedisUrl(text, setting)
  return text
}

/** Whether {@link parseRedisUrl} takes a text. */
export const isRedisUrl = (text: string): boolean => addressIn(text) !== undefined

function addressIn(text: string): RedisAddress | undefined {
  if (isSingle.test(text)) return singleIn(text)
  const found = isOfSeveral.test(text) ? parts.exec(text) : null
  if (found === null) return undefined
  const [, scheme, kind, login = '', list = '', master = '', db = '0', query = ''] = found
  const hosts = hostsIn(list, kind === 'cluster' ? 6379 : 26379)
  if (![login, master].every(isPercentEncoded) || hosts.some(({ port }) => port > 65_535)) return undefined
  const reached = { credentials: credentialsIn(login), tls: scheme === 'rediss', hosts }
  if (kind === 'cluster') return { kind, ...reached }
  const params = new URLSearchParams(query)
  // A database given as a parameter would be ignored.
  if (![...params.keys()].every(name => SENTINEL_PARAMETERS.includes(name))) return undefined
  const sentinelCredentials = {
    username: params.get('sentinel_user') ?? undefined,
    password: params.get('sentinel_password') ?? undefined
  }
  return { kind: 'sentinel', ...reached, master: decodeURIComponent(master), db: Number(db), sentinelCredentials }
}

/** ioredis reads the URL itself, and takes a database that is no number for 0. */
function singleIn(url: string): RedisAddress | undefined {
  if (!URL.canParse(url)) return undefined
  const { host, pathname, searchParams, username, password } = new URL(url)
  const db = pathname.slice(1) || (searchParams.get('db') ?? '0')
  const isRight = isHost.test(host) && isDatabase.test(db) && [username, password].every(isPercentEncoded)
  return isRight ? { kind: 'single', url, db: Number(db) } : undefined
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
