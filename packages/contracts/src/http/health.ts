import { type Static, Type } from '@sinclair/typebox'
import type { Route } from '../route.ts'

const tags = ['operations']

export const HealthReport = Type.Object({
  service: Type.String(),
  status: Type.Union([
    Type.Literal('live'),
    Type.Literal('ready'),
    Type.Literal('not_ready'),
    Type.Literal('draining')
  ]),
  checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) }))
})

export type HealthReport = Static<typeof HealthReport>

export const live = {
  method: 'GET',
  url: '/health/live',
  schema: { summary: 'The process runs', tags, response: { 200: HealthReport } }
} as const satisfies Route

export const ready = {
  method: 'GET',
  url: '/health/ready',
  schema: { summary: 'It can take traffic', tags, response: { 200: HealthReport, 503: HealthReport } }
} as const satisfies Route
