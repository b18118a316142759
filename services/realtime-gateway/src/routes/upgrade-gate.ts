import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { ProblemError } from '@tickstock/contracts'
import { refuseUpgrade } from '@tickstock/service-kit'
import type { Admission } from '../domain/admission.ts'

/**
 * Stands before everything else that an upgrade goes through. A refusal is a 503, which lets a balancer try another instance.
 *
 * @returns who tells of the upgrades that may go on, as the server itself tells it; it never listens
 */
export function upgradeGate(server: Server, admission: Admission): Server {
  const gate = createServer()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const why = admission.refusal()
    if (why === undefined) gate.emit('upgrade', request, socket, head)
    else refuseUpgrade(socket, new ProblemError('not_ready', why), admission.comeAgain())
  })
  return gate
}
