import { join } from 'node:path'
import { portOfCluster } from '@tickstock/embedded-servers'
import { producerUrl } from './database.ts'
import { keptSecrets } from './secrets.ts'

/** The url of the producer's role in the Postgres that runs on a data folder; undefined where none does. */
export async function embeddedDatabase(dataDir: string): Promise<string | undefined> {
  const secrets = await keptSecrets(join(dataDir, 'secrets.json'))
  const port = await portOfCluster(join(dataDir, 'postgres'))
  if (secrets?.producerPassword === undefined || port === undefined) return undefined
  return producerUrl(`postgres://127.0.0.1:${port}/tickstock`, secrets.producerPassword)
}
