import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { TokenVerifier } from '@tickstock/service-kit'
import { temporaryFolder } from '@tickstock/test-kit'
import { decodeJwt } from 'jose'
import t from 'tap'
import { program } from '../src/project.ts'
import { openSecrets } from '../src/secrets.ts'

const AUTH_SECRET = 'a secret of at least 32 characters!'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function token(args: readonly string[], env: Record<string, string> = { AUTH_SECRET }): Promise<Outcome> {
  const [command, ...rest] = program('infra/launcher/src/token.ts', ...args)
  const inherited = { ...process.env, AUTH_SECRET: '', AUTH_ISSUER: '', AUTH_AUDIENCE: '', NODE_ENV: 'test' }
  return new Promise(resolve => {
    const child = execFile(command, rest, { env: { ...inherited, ...env } }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    )
  })
}

t.test('a token alone is printed, as the services take it', async t => {
  const { code, stdout, stderr } = await token(['--user', 'alice'])

  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, /^[\w.-]+\n$/)
  const { user, expiresAt } = await new TokenVerifier({ AUTH_MODE: 'token', AUTH_SECRET }).verify(stdout.trim())
  t.equal(user, 'alice')
  t.ok(Math.abs(expiresAt - Date.now() - 3_600_000) < 60_000)
})

t.test('scopes, time, issuer and audience are said in it', async t => {
  const env = { AUTH_SECRET, AUTH_ISSUER: 'us', AUTH_AUDIENCE: 'tickstock' }
  const { stdout } = await token(['--user', 'bob', '--scope', 'patterns:read,universe:read', '--ttl', '2m'], env)

  const { sub, scope, iss, aud, exp = 0, iat = 0 } = decodeJwt(stdout.trim())
  t.same({ sub, scope, iss, aud }, { sub: 'bob', scope: 'patterns:read universe:read', iss: 'us', aud: 'tickstock' })
  t.equal(exp - iat, 120)
})

t.test('the secret of the data folder signs where none is set', async t => {
  const folder = await temporaryFolder(t)
  const args = ['--user', 'alice', '--data', folder]
  t.match(await token(args, {}), { code: 1, stdout: '', stderr: /start the system first/ })

  const { authSecret } = await openSecrets(join(folder, 'secrets.json'))
  const { stdout } = await token(args, {})

  const verifier = new TokenVerifier({ AUTH_MODE: 'token', AUTH_SECRET: authSecret })
  t.match(await verifier.verify(stdout.trim()), { user: 'alice' })
})

t.test('what cannot be a token is refused with what was expected', async t => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--user is/],
    [['--user', 'a b'], /--user is/],
    [['--user', 'service:pattern-query'], /--user is/],
    [['--user', 'a', '--ttl', '31d'], /--ttl is a time/],
    [['--user', 'a', '--ttl', 'soon'], /--ttl is a time/],
    [['--user', 'a', '--scope', 'everything'], /--scope is of patterns:read/],
    [['--nonsense'], /nonsense/]
  ]
  await Promise.all(
    wrong.map(async ([args, stderr]) => t.match(await token(args), { code: 1, stdout: '', stderr }, args.join(' ')))
  )
  t.match(await token(['--help']), { code: 0, stdout: /^Usage: npm run --silent token/ })
})

t.test('none is made in production', async t => {
  const env = { AUTH_SECRET, NODE_ENV: 'production' }
  t.match(await token(['--user', 'alice'], env), { code: 1, stdout: '', stderr: /NODE_ENV is production/ })
})
