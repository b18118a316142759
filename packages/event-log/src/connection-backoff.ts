/** First, longest wait between attempts, ms. Redis is near, and an attempt costs it little; what is lost by waiting is everybody's. */
const BACKOFF = { first: 50, longest: 1_000 } as const

/** How long to wait before an attempt to connect, from 1 on, ms. Half of it is chance, so that a hundred clients do not come back in one beat. */
export function backoff(attempt: number): number {
  const longest = Math.min(BACKOFF.longest, BACKOFF.first * 2 ** Math.min(attempt - 1, 10))
  return Math.round(longest / 2 + (Math.random() * longest) / 2)
}
