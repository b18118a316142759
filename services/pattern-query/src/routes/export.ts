import { addAbortSignal, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import compress from '@fastify/compress'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type ExportFormat, exportPatterns, raise } from '@tickstock/contracts'
import { userOf } from '@tickstock/service-kit'
import type { FastifyReply } from 'fastify'
import { exported } from '../domain/export/exported.ts'
import type { Freshness } from '../domain/freshness.ts'
import { requireSectors } from '../domain/sectors.ts'
import { parseSelection } from '../domain/selection.ts'
import { namesOwn, type UniverseLink } from '../domain/universe.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'
import { builtOnly } from './built.ts'
import { compressed, variesByEncoding } from './compressed.ts'
import { refuseInvalid } from './every-fault.ts'
import { EXPORTS, ExportPlaces } from './export-places.ts'
import { ownSelection } from './own-selection.ts'
import { requireSender } from './sender.ts'

export interface ExportRouteOptions {
  readonly view: PatternView
  readonly freshness: () => Freshness
  readonly universe: UniverseLink
}

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present'
}

/** Longest that an export may take, ms. 100,000 patterns take two seconds; who reads slower than this holds a place from others. */
const WITHIN = 300_000

/** What is made before it is asked for, bytes. */
const AHEAD = 65_536

/** When to come back where there is no place, s. */
const RETRY_AFTER = 5

/** GET /api/patterns/export: everything that matches, piece by piece, as fast as it is read and no faster. */
export const exportRoute: FastifyPluginAsyncTypebox<ExportRouteOptions> = async (app, options) => {
  const { view, freshness, universe } = options
  const places = new ExportPlaces()
  await app.register(compress, { global: false })

  app.route({
    ...exportPatterns,
    attachValidation: true,
    compress: compressed,
    onRequest: requireSender,
    handler: async (request, reply) => {
      refuseInvalid(request)
      builtOnly(freshness())
      const { format = 'ndjson', ...query } = request.query
      const selection = parseSelection(query, namesOwn(query) ? await ownSelection(universe, request, query) : {})
      if (selection.sectors) requireSectors(universe.sectorNames(), selection.sectors)
      reply
        .type(MEDIA_TYPES[format])
        .header('cache-control', 'private, no-store')
        .header('content-disposition', `attachment; filename="${fileName(format, new Date())}"`)
      variesByEncoding(reply)
      // A stream has no length, as the answer to GET has none.
      if (request.method === 'HEAD') return send(reply, Readable.from([]))

      const leave = places.take(userOf(request))
      if (leave === undefined) return noPlace(reply)
      const pieces = paced(exported(view, selection, format))
      const stream = Readable.from(pieces, { objectMode: false, highWaterMark: AHEAD })
      stream.once('close', leave)
      return send(reply, addAbortSignal(AbortSignal.timeout(WITHIN), stream))
    }
  })
}

const send = (reply: FastifyReply, stream: Readable): FastifyReply => reply.send(stream)

function noPlace(reply: FastifyReply): never {
  reply.header('retry-after', RETRY_AFTER).removeHeader('content-disposition')
  const { ofOneUser, atOnce } = EXPORTS
  return raise('too_many_requests', `At most ${ofOneUser} exports of one user go on at once, and ${atOnce} of all`)
}

/** patterns-20260131T235959Z.csv */
const fileName = (format: ExportFormat, at: Date): string =>
  `patterns-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.${format}`

/** Others get their turn between pieces: a socket that takes everything at once would else hold up the process for seconds. */
async function* paced(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece
    await turn()
  }
}
