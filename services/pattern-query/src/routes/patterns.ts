import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getPattern, raise, scanPatterns } from '@tickstock/contracts'
import { userOf } from '@tickstock/service-kit'
import type { FastifyReply, onRequestHookHandler } from 'fastify'
import type { Histogram } from 'prom-client'
import type { Freshness } from '../domain/freshness.ts'
import { parseScan } from '../domain/query.ts'
import { ScanAnswers } from '../domain/scan-answers.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'

export interface PatternRoutesOptions {
  readonly view: PatternView
  readonly freshness: () => Freshness
  readonly scans: Histogram
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** GET /api/patterns/scan and /api/patterns/:id, from memory: they answer whether Redis does or not. */
export const patternRoutes: FastifyPluginAsyncTypebox<PatternRoutesOptions> = async (app, options) => {
  const { view, freshness, scans } = options
  const answers = new ScanAnswers(view)

  app.route({
    ...scanPatterns,
    onRequest: requireSender,
    handler: (request, reply) => {
      const { asOf, stale } = builtOnly(freshness())
      const began = performance.now()
      const answer = answers.answer(queryTextOf(request.url), () => parseScan(request.query)) ?? notBuilt()
      scans.observe((performance.now() - began) / 1_000)

      const etag = `W/"${answer.tag}${stale ? '-stale' : ''}"`
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (isKnown(request.headers['if-none-match'], etag)) reply.code(304).send(null)
      else sendJson(reply, Buffer.concat([answer.json, Buffer.from(`,"stale":${stale},"as_of":${asOf}}`)]))
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

const queryTextOf = (url: string): string => url.slice(url.indexOf('?') + 1 || url.length)

/** What is JSON already: text and bytes are not encoded again. */
function sendJson(reply: FastifyReply, json: string | Buffer): void {
  reply.type(JSON_TYPE).send(json)
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const opaque = etag.slice('W/'.length)
  return header.split(',').some(tag => ['*', etag, opaque].includes(tag.trim()))
}
