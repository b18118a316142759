import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const REQUEST_ID_HEADER = 'x-request-id'

const ACCEPTED = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Names requests: by the caller's id where it can do no harm in a log or a header; else by a name of the process's own and a number,
 * a tenth of the cost of a UUID each time. Ids are no secrets.
 */
export function requestIds(): (request: IncomingMessage) => string {
  const mine = randomBytes(9).toString('base64url')
  let count = 0
  return request => {
    const given = request.headers[REQUEST_ID_HEADER]
    if (typeof given === 'string' && ACCEPTED.test(given)) return given
    count += 1
    return `${mine}-${count.toString(36)}`
  }
}
