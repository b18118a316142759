/**
 * Replies of a Redis that may accept the same command later: full, a replica, starting, without its master, busy, no longer in charge of a slot; and one that
 * refuses a login or a right, until somebody gives it: else what waits would be lost while a password is changed.
 */
const RETRYABLE_REPLIES: ReadonlySet<string> = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNBLOCKED',
  'WRONGPASS'
])

/** What ioredis calls the loss of a connection: mostly a plain Error, without a code. */
const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'Error',
  'AbortError',
  'ClusterAllFailedError',
  'MaxRetriesPerRequestError',
  'NotReplicatedError',
  'ReadConnectionError'
])

/** Whether the same call may succeed later. Not so: a wrong type, a reply that is not understood. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name !== 'ReplyError') return CONNECTION_ERRORS.has(error.name)
  const [code = ''] = error.message.split(' ', 1)
  return RETRYABLE_REPLIES.has(code)
}
