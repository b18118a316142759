/** The WebSocket subprotocol. A message that a release does not know is ignored, so only a breaking change raises it. */
export const SUBPROTOCOL = 'tickstock.v1'

export const SOCKET_PATH = '/ws'

/** Bounds that a server enforces and a client may rely on. */
export const SOCKET_LIMITS = {
  /** Longest message from a client, bytes. */
  messageBytes: 64 * 1024,
  /** Subscriptions of one socket. */
  subscriptions: 32,
  /** Names (symbols, pattern types, timeframes) in the filters of one socket: a watchlist of a thousand on each channel, and as much again. */
  names: 6000,
  /** Most credits that one message may give. */
  credits: 1_000_000,
  /** Messages from one client in one second. */
  messagesPerSecond: 50,
  /** Time to authenticate after the socket opened, ms. */
  authWithin: 5000
} as const
