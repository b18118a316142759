import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getPattern, raise, scanPatterns } from '@tickstock/contracts'
import { userOf } from '@tickstock/service-kit'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Histogram } from 'prom-client'
import type { Freshness } from '../domain/freshness.ts'
import { type PatternQuery, parseScan } from '../domain/query.ts'
import { ScanAnswers } from '../domain/scan-answers.ts'
import { requireSectors } from '../domain/sectors.ts'
import { namesOwn, type UniverseLink } from '../domain/universe.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'
import { ownSelection } from './own-selection.ts'

export interface PatternRoutesOptions {
  readonly view: PatternView
  readonly freshness: () => Freshness
  readonly scans: Histogram
  readonly universe: UniverseLink
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** GET /api/patterns/scan and /api/patterns/:id, from memory: they answer whether Redis does or not. */
export const patternRoutes: FastifyPluginAsyncTypebox<PatternRoutesOptions> = async (app, options) => {
  const { view, freshness, universe, scans } = options
  const answers = new ScanAnswers(view)

  const answer = (request: FastifyRequest, reply: FastifyReply, query: PatternQuery, cacheControl = 'no-cache') => {
    const { asOf, stale } = builtOnly(freshness())
    if (query.sectors) requireSectors(universe.sectorNames(), query.sectors)
    const began = performance.now()
    const { head, positions, tag } = answers.answer(query, Date.now()) ?? notBuilt()
    scans.observe((performance.now() - began) / 1_000)

    const etag = `W/"${tag}${stale ? '-stale' : ''}"`
    reply.header('etag', etag).header('cache-control', cacheControl)
    if (isKnown(request.headers['if-none-match'], etag)) reply.code(304).send(null)
    else {
      const at = positions ?? JSON.stringify(view.positions)
      sendJson(reply, `${head},"positions":${at},"stale":${stale},"as_of":${asOf}}`)
    }
  }

  app.route({
    ...scanPatterns,
    onRequest: requireSender,
    handler: (request, reply) => {
      const { query } = request
      builtOnly(freshness())
      if (!namesOwn(query)) answer(request, reply, parseScan(query))
      else {
        ownSelection(universe, request, query)
          .then(resolved => answer(request, reply, parseScan(query, resolved), 'private, no-cache'))
          .catch(error => reply.send(error))
      }
    }
  })

  app.route({
    ...getPattern,
    onRequest: requireSender,
    handler: (request, reply) => {
      builtOnly(freshness())
      reply.header('cache-control', 'no-cache')
      sendJson(reply, view.row(request.params.id) ?? raise('pattern_not_found', 'No live pattern has this id'))
    }
  })
}

/** Live patterns are nobody's own: a scan is for whoever has an identity, and in development mode for anyone. */
const requireSender: onRequestHookHandler = (request, _reply, done) => {
  userOf(request)
  done()
}

const builtOnly = (freshness: Freshness): Freshness => (freshness.built ? freshness : notBuilt())

const notBuilt = (): never => raise('not_ready', 'The live patterns are being read')

/** What is JSON already: text is not encoded again. */
function sendJson(reply: FastifyReply, json: string): void {
  reply.type(JSON_TYPE).send(json)
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const opaque = etag.slice('W/'.length)
  return header.split(',').some(tag => ['*', etag, opaque].includes(tag.trim()))
}
