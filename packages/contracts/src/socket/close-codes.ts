/**
 * Why the server closed a socket. The range says what to do:
 * 4000-4099 do not reconnect unchanged, 4100-4199 back off and resume, 4200-4299 resume at once.
 */
export const CLOSE_CODES = {
  unauthenticated: 4000,
  protocol_violation: 4002,
  message_too_large: 4003,
  overloaded: 4100,
  unresponsive: 4101,
  too_many_connections: 4102,
  /** It may have been on its way: a line that stood still for seconds is no client's fault. */
  auth_timeout: 4103,
  draining: 4200
} as const

export type CloseReason = keyof typeof CLOSE_CODES

/** What a client does after a close. `stop` needs a human or a new token; `back_off` and `resume` reconnect. */
export type Reconnect = 'stop' | 'back_off' | 'resume'

/** Codes that are not ours (1006, 1001 …) are a network's: back off. */
export function reconnectAfter(code: number): Reconnect {
  if (code >= 4000 && code < 4100) return 'stop'
  if (code >= 4200 && code < 4300) return 'resume'
  return 'back_off'
}
