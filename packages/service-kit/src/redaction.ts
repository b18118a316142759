import { isRedisUrl, parseRedisUrl, type RedisAddress } from '@tickstock/event-log'

const CENSOR = '[redacted]'

/** Names whose values never reach a log, wherever in the name the word stands. */
const SECRET_WORDS = 'password|passwd|secret|token|authorization|cookie|api[-_]?key|credential'

/**
 * What a secret looks like in a line of JSON. A line is judged as text, whatever object, depth or message it came from:
 * a list of paths misses the error that carries a connection string three causes deep.
 * Repetitions are bounded, so that a hostile line costs no more than its length.
 */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // "password":"…"  "set-cookie":["…"]  and the same inside a quoted string, where the quotes are escaped
  [
    new RegExp(
      `(\\\\{0,4}"[^"\\\\]{0,64}(?:${SECRET_WORDS})[^"\\\\]{0,64}\\\\{0,4}"\\s{0,4}:\\s{0,4})(?:\\[[^\\]]*\\]|"(?:[^"\\\\]|\\\\.)*"|\\\\+"[^"\\\\]*\\\\+"|[-\\d.]+)`,
      'gi'
    ),
    `$1"${CENSOR}"`
  ],
  // scheme://user:password@host  and  scheme://token@host
  [/(:\/\/)[^\s/"@:]{0,256}(?::[^\s"]{0,512})?@/g, `$1${CENSOR}@`],
  // ?sentinel_password=…
  [new RegExp(`([?&][^\\s"=&]{0,64}(?:${SECRET_WORDS})[^\\s"=&]{0,64}=)[^\\s"&#]+`, 'gi'), `$1${CENSOR}`],
  [/\b(bearer|basic)(\s+|%20)[\w.~+/=-]{6,}/gi, `$1$2${CENSOR}`],
  [/\beyJ[\w-]{6,}\.[\w-]{2,}\.[\w-]*/g, CENSOR]
]

/** Text with everything that looks like a secret taken out, and every known `secret` wherever it stands. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, CENSOR)
  for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement)
  return clean
}

/** The values of a configuration that must not be seen: shared secrets, and the passwords inside URLs. */
export function secretsOf(config: Readonly<Record<string, unknown>>): string[] {
  const secrets: string[] = []
  for (const [name, value] of Object.entries(config)) {
    if (typeof value !== 'string') continue
    if (new RegExp(SECRET_WORDS, 'i').test(name)) secrets.push(value)
    else if (name.endsWith('_URL')) secrets.push(...passwordOf(value))
    else if (name.endsWith('_URLS')) secrets.push(...value.split(',').flatMap(passwordOf))
  }
  return secrets.filter(({ length }) => length >= LEAST_LENGTH)
}

function passwordOf(url: string): string[] {
  const ofRedis = isRedisUrl(url) ? passwordsOfRedis(parseRedisUrl(url)) : []
  return URL.canParse(url) ? [...spellings(new URL(url).password), ...ofRedis] : ofRedis
}

/** With several hosts it is no URL by the standard. */
function passwordsOfRedis(address: RedisAddress): string[] {
  if (address.kind === 'single') return []
  const sentinel = address.kind === 'sentinel' ? address.sentinelCredentials.password : undefined
  const passwords = [address.credentials.password, sentinel].filter(password => password !== undefined)
  return passwords.flatMap(password => [password, encodeURIComponent(password)])
}

/** Shorter ones are left to the shapes: a password `on` would take the log's own words away. */
const LEAST_LENGTH = 6

function spellings(password: string): string[] {
  return [...new Set([password, decoded(password)])]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
