/**
 * On every answer that is data: it is not to be framed, sniffed or run.
 *
 * Written out here, since @fastify/helmet builds its whole chain again for every request. Strict-Transport-Security
 * belongs to whoever ends TLS.
 */
export const DATA_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff'
} as const

/** On the pages that a browser shows: their own scripts and styles, and nothing from elsewhere. */
export const PAGE_HEADERS = {
  ...DATA_HEADERS,
  // Swagger UI sets styles from its scripts, hence unsafe-inline for those.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer'
} as const
