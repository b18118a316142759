import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getPatternHistory, type PatternHistory, raise } from '@tickstock/contracts'
import type { Freshness } from '../domain/freshness.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'
import { builtOnly } from './built.ts'
import { sendJson } from './json-reply.ts'
import { requireSender } from './sender.ts'

export interface HistoryRouteOptions {
  readonly view: Pick<PatternView, 'row'>
  readonly freshness: () => Freshness
  /** @throws ProblemError log_unavailable */
  readonly historyOf: (id: string) => Promise<PatternHistory>
}

/** GET /api/patterns/:id/history. What is not live is answered from memory; what is, by Redis. */
export const historyRoute: FastifyPluginAsyncTypebox<HistoryRouteOptions> = async (app, options) => {
  const { view, freshness, historyOf } = options
  app.route({
    ...getPatternHistory,
    onRequest: requireSender,
    handler: async (request, reply) => {
      builtOnly(freshness())
      const { id } = request.params
      if (view.row(id) === undefined) raise('pattern_not_found', 'No live pattern has this id')
      // It grows with each event of the pattern: no answer is good for another request.
      reply.header('cache-control', 'no-store')
      sendJson(reply, JSON.stringify(await historyOf(id)))
      return reply
    }
  })
}
