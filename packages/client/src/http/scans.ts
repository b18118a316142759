import { DisplayAnswer, type Route, ScanAnswer, scanPatterns } from '@tickstock/contracts'

/** The same route as those call it who ask for typed values. */
export const scanFull = {
  ...scanPatterns,
  schema: { ...scanPatterns.schema, response: { ...scanPatterns.schema.response, 200: ScanAnswer } }
} as const satisfies Route

/** The same route as those call it who ask for ready-made rows, with `view=display`. */
export const scanDisplay = {
  ...scanPatterns,
  schema: { ...scanPatterns.schema, response: { ...scanPatterns.schema.response, 200: DisplayAnswer } }
} as const satisfies Route
