import { StartError } from '@tickstock/embedded-servers'
import getPort, { portNumbers } from 'get-port'

const DEFAULT_PORT = 8080
const LAST_PORT = 8180

/** The port that was asked for belongs to another program. */
class PortTakenError extends Error {
  override readonly name = 'PortTakenError'
}

export interface FrontPort {
  readonly port: number
  /** Said to the user where it is not the port that he would expect. */
  readonly note: string | undefined
}

/**
 * The port of the whole system: the one asked for, or 8080, or the next free one.
 *
 * @throws PortTakenError where one was asked for and is taken
 */
export async function frontPort(asked: number | undefined): Promise<FrontPort> {
  if (asked !== undefined) {
    const port = await getPort({ port: asked, host: '127.0.0.1' })
    if (port !== asked)
      throw new PortTakenError(`port ${asked} is taken: stop what listens there, or choose another with --port`)
    return { port, note: undefined }
  }
  const port = await getPort({ port: portNumbers(DEFAULT_PORT, LAST_PORT), host: '127.0.0.1' })
  return { port, note: port === DEFAULT_PORT ? undefined : `port ${DEFAULT_PORT} is taken, so it is ${port}` }
}

const ATTEMPTS = 5

/**
 * Listens at a port that {@link frontPort} found. Another program may have taken it since: then the next free one is tried, unless
 * this port was asked for.
 *
 * @param listen throws the `StartError` of the server
 */
export async function listenAtFront(
  found: FrontPort,
  asked: number | undefined,
  listen: (port: number) => Promise<void>
): Promise<FrontPort> {
  for (let front = found, attempt = 1; ; front = await frontPort(undefined), attempt++) {
    try {
      await listen(front.port)
      return front
    } catch (error) {
      if (asked !== undefined || attempt === ATTEMPTS || !isTaken(error)) throw error
    }
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof StartError && error.log.some(line => /address already in use/i.test(line))
