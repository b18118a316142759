import { userOf } from '@tickstock/service-kit'
import type { onRequestHookHandler } from 'fastify'

/** Live patterns are nobody's own: they are for whoever has an identity, and in development mode for anyone. */
export const requireSender: onRequestHookHandler = (request, _reply, done) => {
  userOf(request)
  done()
}
