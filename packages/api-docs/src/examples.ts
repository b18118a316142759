/** A request that works as it stands: shown on the page, and sent by the tests. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | readonly string[]>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const watchlist = { id: '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11' }
const filter = { id: '0b8d5c0e-8f0d-4f6e-9b39-5c7f0d8f2a22' }
const pattern = { id: 'AAPL:Bull_Flag:5min:1700000000000' }
/** Of each creation another. */
const once = (name: string) => ({ 'idempotency-key': `${name}-2026-11-23` })

const EXAMPLES: Readonly<Record<string, Example>> = {
  'GET /api/patterns/scan': {
    query: { pattern_types: ['Doji', 'Bull_Flag'], confidence_min: 0.7, sort_by: 'detected_at', per_page: 10 }
  },
  'GET /api/patterns/export': { query: { confidence_min: 0.9, format: 'csv' } },
  'GET /api/patterns/:id': { params: pattern },
  'GET /api/patterns/:id/history': { params: pattern },

  'POST /api/users/universe/import': {
    query: { on_conflict: 'rename' },
    body: { watchlists: [{ name: 'Energy', symbols: ['XOM', 'CVX'] }], filters: [] }
  },
  'GET /api/users/universe/export': { query: { format: 'csv' } },

  'POST /api/users/universe/watchlists': {
    headers: once('tech'),
    body: { name: 'Tech', symbols: ['AAPL', 'MSFT', 'NVDA'] }
  },
  'GET /api/users/universe/watchlists/:id': { params: watchlist },
  'PUT /api/users/universe/watchlists/:id': {
    params: watchlist,
    body: { name: 'Big tech', symbols: ['AAPL', 'MSFT'] }
  },
  'PATCH /api/users/universe/watchlists/:id': { params: watchlist, body: { name: 'Large caps' } },
  'DELETE /api/users/universe/watchlists/:id': { params: watchlist },

  'POST /api/users/universe/filters': {
    headers: once('strong-breakouts'),
    body: {
      name: 'Strong breakouts',
      criteria: { pattern_types: ['Weekly_Breakout', 'Resistance_Break'], confidence_min: 0.8, sort_by: 'rs' },
      is_default: true
    }
  },
  'GET /api/users/universe/filters/:id': { params: filter },
  'PUT /api/users/universe/filters/:id': {
    params: filter,
    body: { name: 'Oversold', criteria: { rsi_range: '0,30', timeframe: 'Daily' } }
  },
  'PATCH /api/users/universe/filters/:id': { params: filter, body: { is_default: false } },
  'DELETE /api/users/universe/filters/:id': { params: filter },

  'GET /api/symbols': { query: { q: 'app', limit: 5 } },
  'GET /api/symbols/:symbol': { params: { symbol: 'AAPL' } }
}

export const exampleOf = (method: string, url: string): Example | undefined => EXAMPLES[`${method} ${url}`]
