import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { hasCode } from './error-code.ts'

const Secret = Type.String({ minLength: 32 })

const Secrets = Type.Object({
  authSecret: Secret,
  ownerPassword: Secret,
  readerPassword: Secret,
  writerPassword: Secret
})

/** Made once for a data folder, so that tokens and roles live as long as the data. */
export type Secrets = Static<typeof Secrets>

/** Reads the secrets, or makes them, in a file that its owner alone can read. */
export async function openSecrets(file: string): Promise<Secrets> {
  const kept = await readFile(file, 'utf8').catch(unlessMissing)
  if (kept !== undefined) return Value.Parse(Secrets, JSON.parse(kept))

  const secret = () => randomBytes(32).toString('base64url')
  const made: Secrets = {
    authSecret: secret(),
    ownerPassword: secret(),
    readerPassword: secret(),
    writerPassword: secret()
  }
  await writeFile(file, JSON.stringify(made, null, 2), { mode: 0o600 })
  return made
}

/** A file that is there but cannot be read is not replaced: the database knows what it holds. */
function unlessMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
}
