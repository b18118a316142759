/**
 * What one request or connection may cost, in one place.
 *
 * nginx stands in front with its own, tighter time-outs towards clients; these hold for whoever reaches the service itself.
 */
export const LIMITS = {
  /** Bytes of a body. A watchlist of 1,000 symbols of 16 characters is 19 KB; anything near 64 KiB is no request of ours. */
  body: 64 * 1024,
  /** Characters of path and query: a scan by a thousand symbols has 7 kB. nginx lets 16 KiB through, so the refusal is ours. */
  url: 8 * 1024,
  /** Characters of a path parameter: a pattern id is at most 160, and each may be percent-encoded. */
  parameter: 480,
  /** Bytes of all headers: the URL's 8 KiB and as much again for the rest. Node's own default, said aloud. */
  headers: 16 * 1024,
  /** From the first byte of a request to its last, ms: a slow sender of 64 KiB is cut, a phone on a bad line is not. */
  request: 15_000,
  /** From the connection to the end of the headers, ms. */
  requestHeaders: 10_000,
  /** How often Node looks for those that are late, ms. Its own 30 s would make of ten seconds forty. */
  lateness: 1_000,
  /** A socket without any traffic, ms. Longer than the slowest answer. WebSockets leave this rule at their upgrade. */
  connection: 60_000,
  /** An idle kept-alive connection, ms. Longer than nginx's upstream keepalive (60 s), so that nginx closes first and never sends into a closing socket. */
  keepAlive: 72_000
} as const
