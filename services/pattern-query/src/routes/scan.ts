import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type ScanQuery, scanPatterns } from '@tickstock/contracts'
import { type DurationSeries, sendAscii } from '@tickstock/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Freshness } from '../domain/freshness.ts'
import { Generations } from '../domain/generations.ts'
import { plainScan } from '../domain/plain-scan.ts'
import { type PatternQuery, parseScan } from '../domain/query.ts'
import { PreparedScan, type ScanAnswers } from '../domain/scan-answers.ts'
import { requireSectors } from '../domain/sectors.ts'
import { SeenBefore } from '../domain/seen-before.ts'
import type { Resolved } from '../domain/selection.ts'
import { namesOwn, type UniverseLink } from '../domain/universe.ts'
import { builtOnly, notBuilt } from './built.ts'
import { refuseInvalid } from './every-fault.ts'
import { JSON_TYPE, knows } from './json-reply.ts'
import { ownSelection } from './own-selection.ts'
import { requireSender } from './sender.ts'

export interface ScanRouteOptions {
  readonly answers: ScanAnswers
  readonly freshness: () => Freshness
  /** Takes the seconds that it took to find and join a page. */
  readonly scans: Pick<DurationSeries, 'observe'>
  readonly universe: UniverseLink
}

/** Queries known by their text, in each of two generations. */
const TEXTS = 2_000

/**
 * GET /api/patterns/scan, from memory: it answers whether Redis does or not.
 *
 * The way of a request that is asked for by the ten thousand a second is straight: equal text of a query is equal meaning, so text that was
 * understood once is not parsed or validated again, plain text is understood without the schema, and the answer goes out in one piece.
 */
export const scanRoute: FastifyPluginAsyncTypebox<ScanRouteOptions> = async (app, options) => {
  const { answers, freshness, universe, scans } = options
  const known = new Generations<string, PreparedScan>(TEXTS)
  const seen = new SeenBefore()

  const understood = (query: ScanQuery, resolved?: Resolved): PatternQuery => {
    const scan = parseScan(query, resolved)
    if (scan.sectors) requireSectors(universe.sectorNames(), scan.sectors)
    return scan
  }

  const prepared = (text: string, query: PatternQuery): PreparedScan => {
    if (!seen.note(text)) return new PreparedScan(query)
    const scan = answers.prepare(query)
    known.set(text, scan)
    return scan
  }

  const answer = (request: FastifyRequest, reply: FastifyReply, scan: PreparedScan, cacheControl: string) => {
    const { asOf, stale } = builtOnly(freshness())
    const began = performance.now()
    const { head, tag, tail } = answers.answer(scan, Date.now()) ?? notBuilt()
    const took = performance.now() - began
    scans.observe(took / 1_000)

    const etag = stale ? `W/"${tag}-stale"` : `W/"${tag}"`
    const timing = `scan;dur=${Math.round(took * 1_000) / 1_000}`
    const headers = ['content-type', JSON_TYPE, 'cache-control', cacheControl, 'etag', etag, 'server-timing', timing]
    if (knows(request, etag)) sendAscii(reply, 304, null, headers)
    else sendAscii(reply, 200, `${head}${tail},"stale":${stale},"as_of":${asOf}}`, headers)
  }

  app.route({
    ...scanPatterns,
    attachValidation: true,
    onRequest: requireSender,
    preValidation: (request, reply, done) => {
      const text = queryTextOf(request.url)
      const scan = known.get(text)
      if (scan) return answer(request, reply, scan, SHARED)
      const plain = plainScan(text)
      if (plain) answer(request, reply, prepared(text, plain), SHARED)
      else done()
    },
    handler: (request, reply) => {
      refuseInvalid(request)
      const { query } = request
      if (!namesOwn(query)) {
        return answer(request, reply, prepared(queryTextOf(request.url), understood(query)), SHARED)
      }
      ownSelection(universe, request, query)
        .then(resolved => answer(request, reply, answers.prepare(understood(query, resolved)), OWN))
        .catch(error => reply.send(error))
    }
  })
}

/** Anybody may keep the answer, and must ask before it is used again. */
const SHARED = 'no-cache'
const OWN = 'private, no-cache'

const queryTextOf = (url: string): string => {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}
