import { type NginxOptions, type NginxServer, startNginx as start } from '@tickstock/embedded-servers'
import type { Teardown } from './teardown.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** An nginx of the test's own on a free port, stopped with it. */
export async function startNginx(
  t: Teardown,
  options: Omit<NginxOptions, 'prefixDir'> & Partial<NginxOptions>
): Promise<NginxServer> {
  const server = await start({ ...options, prefixDir: options.prefixDir ?? (await temporaryFolder(t)) })
  t.teardown(() => server.stop())
  return server
}
