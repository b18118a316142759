import { join } from 'node:path'
import { SignJWT } from 'jose'
import { UsageError } from './options.ts'
import { root } from './project.ts'
import { keptSecrets } from './secrets.ts'
import { parseTokenOptions, TOKEN_HELP, type TokenOptions } from './token-options.ts'

/** There is no secret to sign with, or none that may be used so. */
class NoSecretError extends Error {
  override readonly name = 'NoSecretError'
}

const { env } = process
try {
  const options = parseTokenOptions(process.argv.slice(2), root)
  process.stdout.write(options === 'help' ? TOKEN_HELP : `${await tokenOf(options)}\n`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof UsageError) console.error('See npm run token -- --help')
  process.exitCode = 1
}

async function tokenOf({ user, scopes, ttl, dataDir }: TokenOptions): Promise<string> {
  const secret = Buffer.from(await secretOf(dataDir))
  const token = new SignJWT(scopes === undefined ? {} : { scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(`${ttl}s`)
  if (env['AUTH_ISSUER']) token.setIssuer(env['AUTH_ISSUER'])
  if (env['AUTH_AUDIENCE']) token.setAudience(env['AUTH_AUDIENCE'])
  return token.sign(secret)
}

async function secretOf(dataDir: string): Promise<string> {
  if (env['NODE_ENV'] === 'production') {
    throw new NoSecretError('NODE_ENV is production: tokens for development are not made there')
  }
  if (env['AUTH_SECRET']) return env['AUTH_SECRET']
  const kept = await keptSecrets(join(dataDir, 'secrets.json'))
  if (kept !== undefined) return kept.authSecret
  throw new NoSecretError(`no secret in ${dataDir}: start the system first (npm start), or set AUTH_SECRET`)
}
