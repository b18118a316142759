import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getPattern, raise } from '@tickstock/contracts'
import { fingerprintOf } from '../domain/fingerprint.ts'
import type { Freshness } from '../domain/freshness.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'
import { builtOnly } from './built.ts'
import { isKnown, sendJson } from './json-reply.ts'
import { requireSender } from './sender.ts'

export interface PatternRouteOptions {
  readonly view: PatternView
  readonly freshness: () => Freshness
}

/** GET /api/patterns/:id, from memory. Routes with a name of their own go before it: no pattern's id is one of those. */
export const patternRoute: FastifyPluginAsyncTypebox<PatternRouteOptions> = async (app, { view, freshness }) => {
  app.route({
    ...getPattern,
    onRequest: requireSender,
    handler: (request, reply) => {
      builtOnly(freshness())
      const row = view.row(request.params.id) ?? raise('pattern_not_found', 'No live pattern has this id')
      if (!isKnown(request, reply, fingerprintOf(row))) sendJson(reply, row)
    }
  })
}
