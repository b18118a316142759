import { isLoopbackUrl } from './loopback-url.ts'
import { SERVICE_ISSUER } from './service-credentials.ts'
import { proxyFaults, trustsAnybody } from './trusted-proxies.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with the variables of identity in `env`, each by name and never with a value. */
export function identityFaults(env: Environment): string[] {
  const faults = [...keyFaults(env), ...proxyFaults(env['TRUSTED_PROXIES'] ?? '')]
  if (env['AUTH_MODE'] === 'proxy' && env['TRUSTED_PROXIES'] === undefined) {
    faults.push(
      'TRUSTED_PROXIES: expected the addresses of the proxies that say who users are, since AUTH_MODE is proxy'
    )
  }
  return env['NODE_ENV'] === 'production' ? [...faults, ...productionFaults(env)] : faults
}

function keyFaults({ AUTH_MODE = 'token', AUTH_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, SERVICE_SECRET }: Environment) {
  const faults: string[] = []
  if (AUTH_MODE === 'token' && !AUTH_SECRET && !AUTH_JWKS_URL) {
    faults.push('AUTH_SECRET: expected text of at least 32 characters, or AUTH_JWKS_URL, since AUTH_MODE is token')
  }
  if (AUTH_SECRET && AUTH_JWKS_URL) {
    faults.push('AUTH_JWKS_URL: expected none beside AUTH_SECRET: a token is of one issuer')
  }
  if (SERVICE_SECRET && SERVICE_SECRET === AUTH_SECRET) {
    faults.push('SERVICE_SECRET: expected another than AUTH_SECRET: who makes tokens for users could be a service')
  }
  if (AUTH_ISSUER === SERVICE_ISSUER) {
    faults.push(`AUTH_ISSUER: expected another name: ${SERVICE_ISSUER} is what the services call themselves`)
  }
  return faults
}

/** What may be so on a developer's machine, and nowhere else. */
function productionFaults(env: Environment): string[] {
  const faults: string[] = []
  const refuse = (name: string, expected: string) => faults.push(`${name}: expected ${expected}, in production`)

  if (env['AUTH_MODE'] === 'development') {
    refuse('AUTH_MODE', 'token or proxy: development lets anyone be anyone')
  }
  for (const name of ['AUTH_SECRET', 'SERVICE_SECRET']) {
    const secret = env[name]
    if (!secret) continue
    if (isGuessable(secret)) refuse(name, 'a random one, as `openssl rand -base64 48` makes it')
    for (const other of sharedWith(secret, env)) refuse(name, `another than the password of ${other}`)
  }
  if (env['AUTH_JWKS_URL']) {
    if (!isSafe(env['AUTH_JWKS_URL'])) refuse('AUTH_JWKS_URL', 'https: whoever is on the way could put in his own keys')
    if (!env['AUTH_ISSUER']) refuse('AUTH_ISSUER', 'the name of the issuer beside AUTH_JWKS_URL')
    if (!env['AUTH_AUDIENCE']) {
      refuse('AUTH_AUDIENCE', 'our name beside AUTH_JWKS_URL: the issuer makes tokens for others too')
    }
  }
  if (env['AUTH_MODE'] === 'proxy' && trustsAnybody(env['TRUSTED_PROXIES'] ?? '')) {
    refuse('TRUSTED_PROXIES', 'the proxies alone: so wide a range lets anyone be anyone')
  }
  for (const name of ['ALLOWED_ORIGINS', 'CORS_ORIGINS']) {
    if (env[name]?.split(',').some(origin => origin.includes('*'))) refuse(name, 'origins by name: * is every page')
  }
  return faults
}

/** Fewer different characters are no chance, whatever made them. */
const LEAST_VARIETY = 8

/** What stands in examples, and what people type. */
const KNOWN =
  /change.?me|replace.?me|example|secret|passw|your[-_ ]|default|tickstock|0123456789|12345678|abcdefgh|qwerty/i

const isGuessable = (secret: string): boolean => new Set(secret).size < LEAST_VARIETY || KNOWN.test(secret)

/** Names of urls whose password is this secret. */
const sharedWith = (secret: string, env: Environment): string[] =>
  Object.entries(env)
    .filter(([name, value]) => name.endsWith('_URL') && value !== undefined && URL.canParse(value))
    .filter(([, value = '']) => new URL(value).password === secret)
    .map(([name]) => name)

const isSafe = (url: string): boolean => url.startsWith('https:') || isLoopbackUrl(url)
