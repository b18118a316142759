import type { FastifyInstance } from 'fastify'
import createRouter from 'find-my-way'
import { LIMITS } from './limits.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/**
 * Which methods a path has. Fastify's router answers only "not found" for a method that a path lacks, so a second one
 * of the same make, asked only then, tells a wrong method (405) from a wrong path (404). The route of all paths, which preflights need, is none.
 */
export function trackMethods(app: Pick<FastifyInstance, 'addHook'>): (path: string) => string[] {
  const router = createRouter({ maxParamLength: LIMITS.parameter })
  app.addHook('onRoute', ({ method, url }) => {
    if (url === '*') return
    const named = [method].flat()
    for (const name of METHODS) {
      if (named.includes(name) && !router.hasRoute(name, url)) router.on(name, url, () => {})
    }
  })
  return path => METHODS.filter(method => router.find(method, path) !== null)
}
