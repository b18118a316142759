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
