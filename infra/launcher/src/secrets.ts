import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { hasCode } from './error-code.ts'

const Secret = Type.String({ minLength: 32 })

const Secrets = Type.Object({
  authSecret: Secret,
  serviceSecret: Secret,
  ownerPassword: Secret,
  readerPassword: Secret,
  writerPassword: Secret,
  relayPassword: Secret,
  producerPassword: Secret
})

/** Made once for a data folder, so that tokens and roles live as long as the data. */
export type Secrets = Static<typeof Secrets>

/** A file of an earlier release lacks what came since. */
const LATER = ['serviceSecret', 'relayPassword', 'producerPassword'] as const

const Kept = Type.Composite([Type.Omit(Secrets, LATER), Type.Partial(Type.Pick(Secrets, LATER))])

/** Reads the secrets, or makes those that are not there, in a file that its owner alone can read. */
export async function openSecrets(file: string): Promise<Secrets> {
  const kept = await keptSecrets(file)
  const secrets: Secrets = {
    authSecret: secret(),
    serviceSecret: secret(),
    ownerPassword: secret(),
    readerPassword: secret(),
    writerPassword: secret(),
    relayPassword: secret(),
    producerPassword: secret(),
    ...kept
  }
  if (LATER.some(name => kept?.[name] === undefined)) await replace(file, JSON.stringify(secrets, null, 2))
  return secrets
}

/** The secrets that an earlier start made; undefined where there was none. */
export async function keptSecrets(file: string): Promise<Static<typeof Kept> | undefined> {
  const text = await readFile(file, 'utf8').catch(unlessMissing)
  return text === undefined ? undefined : Value.Parse(Kept, JSON.parse(text))
}

const secret = () => randomBytes(32).toString('base64url')

/** In one step: half a file would have lost the passwords that the database knows. */
async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.next`
  await writeFile(next, text, { mode: 0o600 })
  await rename(next, file)
}

/** A file that is there but cannot be read is not replaced: the database knows what it holds. */
function unlessMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
}
