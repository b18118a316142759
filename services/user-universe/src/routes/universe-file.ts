import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { exportUniverse, IMPORT_LIMIT, importUniverse } from '@tickstock/contracts'
import { requireUser, userOf } from '@tickstock/service-kit'
import { checkedFile, placedOf } from '../domain/placed-file.ts'
import { readCsv, writeCsv } from '../domain/universe-csv.ts'
import { fileOf } from '../domain/universe-file.ts'
import type { UniverseImport } from '../domain/universe-import.ts'
import type { Universes } from '../domain/universes.ts'

interface Options {
  readonly universes: Universes
  readonly imports: UniverseImport
}

export const universeFileRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { universes, imports }) => {
  app.addHook('onRequest', requireUser)
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  app.route({
    ...exportUniverse,
    handler: async (request, reply) => {
      const { format = 'json' } = request.query
      const file = fileOf((await universes.of(userOf(request))).value)
      reply.header('content-disposition', `attachment; filename="tickstock-universe.${format}"`)
      return format === 'json' ? file : reply.type('text/csv; charset=utf-8').send(writeCsv(file))
    }
  })
  app.route({
    ...importUniverse,
    bodyLimit: IMPORT_LIMIT,
    handler: request => {
      const { body, query } = request
      const file = checkedFile(typeof body === 'string' ? readCsv(body) : placedOf(body))
      return imports.take(userOf(request), file, query.on_conflict ?? 'skip')
    }
  })
}
