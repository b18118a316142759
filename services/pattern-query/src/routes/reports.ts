import compress from '@fastify/compress'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  listPatternTypes,
  type PatternHealth,
  type PatternPerformance,
  type PatternStats,
  patternHealth,
  patternPerformance,
  patternStats,
  perChannel,
  summarisePatterns
} from '@tickstock/contracts'
import type { Freshness } from '../domain/freshness.ts'
import type { IngestFigures } from '../domain/reports/ingest-figures.ts'
import { PatternReports } from '../domain/reports/pattern-reports.ts'
import type { ScanAnswers } from '../domain/scan-answers.ts'
import type { UniverseLink } from '../domain/universe.ts'
import type { PatternView } from '../domain/view/pattern-view.ts'
import { builtOnly } from './built.ts'
import { compressed, variesByEncoding } from './compressed.ts'
import { isKnown, sendJson } from './json-reply.ts'
import { requireSender } from './sender.ts'

export interface ReportRoutesOptions {
  readonly view: PatternView
  readonly answers: Pick<ScanAnswers, 'answered' | 'remembered'>
  readonly freshness: () => Freshness
  readonly listening: () => boolean
  readonly universe: UniverseLink
  readonly ingest: () => IngestFigures
  readonly performance: () => Promise<PatternPerformance>
}

/** GET /api/patterns/{summary,types,stats,performance,health}. All but `performance` from memory. */
export const reportRoutes: FastifyPluginAsyncTypebox<ReportRoutesOptions> = async (app, options) => {
  const { view, answers, freshness, listening, universe, ingest, performance } = options
  const reports = new PatternReports(view, () => universe.sectorNames())
  await app.register(compress, { global: false })

  app.route({
    ...summarisePatterns,
    compress: compressed,
    onRequest: requireSender,
    handler: (request, reply) => {
      const { stale, asOf } = builtOnly(freshness())
      const { json, tag } = reports.summary()
      variesByEncoding(reply)
      if (isKnown(request, reply, stale ? `${tag}-stale` : tag)) return
      sendJson(reply, `${json},"positions":${JSON.stringify(view.positions)},"stale":${stale},"as_of":${asOf}}`)
    }
  })

  app.route({
    ...listPatternTypes,
    compress: compressed,
    onRequest: requireSender,
    handler: (request, reply) => {
      builtOnly(freshness())
      const { json, tag } = reports.types()
      variesByEncoding(reply)
      if (!isKnown(request, reply, tag)) sendJson(reply, json)
    }
  })

  app.route({
    ...patternStats,
    onRequest: requireSender,
    handler: (_request, reply): PatternStats => {
      const { stale, asOf } = freshness()
      const { answered, remembered } = answers
      const { deadLetters, perSecond, ...counts } = ingest()
      reply.header('cache-control', 'no-store')
      return {
        live: view.size,
        by_channel: perChannel(channel => reports.countOf(channel)),
        positions: view.positions ?? null,
        ingest: {
          ...counts,
          dead_letters: deadLetters,
          late: view.late,
          per_second: Math.round(perSecond * 100) / 100
        },
        scans: { answered, remembered },
        evicted: view.evicted,
        uptime_ms: Math.round(process.uptime() * 1_000),
        stale,
        as_of: asOf
      }
    }
  })

  app.route({
    ...patternPerformance,
    onRequest: requireSender,
    handler: async (_request, reply) => {
      const figures = await performance()
      reply.header('cache-control', 'private, max-age=1')
      return figures
    }
  })

  app.route({
    ...patternHealth,
    handler: (_request, reply): PatternHealth => {
      const { stale, asOf } = builtOnly(freshness())
      reply.header('cache-control', 'no-store')
      return {
        status: stale || !listening() ? 'stale' : 'healthy',
        live: view.size,
        listening: listening(),
        log_lag_ms: Math.max(0, Date.now() - asOf),
        sectors: universe.sectors(),
        stale,
        as_of: asOf
      }
    }
  })
}
