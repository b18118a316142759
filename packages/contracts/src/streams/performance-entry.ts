import { type Static, Type } from '@sinclair/typebox'

/**
 * An entry of the list `api_performance`: a request, or as many as `weight` says. Only the first two fields are sure to be there: other
 * applications write to the same list.
 */
export const PerformanceEntry = Type.Object({
  endpoint: Type.String({ maxLength: 256, description: 'Pattern of the route: /api/patterns/:id' }),
  duration: Type.Number({
    minimum: 0,
    maximum: 86_400,
    description: 'Seconds. Where the entry stands for several: of the slowest of them'
  }),
  method: Type.Optional(Type.String({ maxLength: 16 })),
  status: Type.Optional(Type.Integer({ minimum: 100, maximum: 999 })),
  at: Type.Optional(Type.Integer({ minimum: 0, description: 'When the request was over, ms' })),
  service: Type.Optional(Type.String({ maxLength: 64 })),
  weight: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Requests it stands for; 1 where it is not there' })
  )
})

export type PerformanceEntry = Static<typeof PerformanceEntry>
