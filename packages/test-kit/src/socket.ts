import type { Teardown } from './teardown.ts'
import { type Deadline, WITHIN } from './until.ts'

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface SocketOptions extends Deadline {
  readonly protocols?: string[]
  readonly headers?: Record<string, string>
}

export interface Decoding<Message> {
  /** Turns the text of a frame into its messages, e.g. a validating decoder of the protocol. */
  readonly decode: (frame: string) => readonly Message[]
}

export type JsonMessage = Readonly<Record<string, unknown>>

/** A WebSocket client that a test can await. Frames are JSON: a message, or an array of messages. */
export interface TestSocket<Message> {
  /** Every message so far, in order. */
  readonly received: readonly Message[]
  readonly closed: Promise<Closed>
  /**
   * The first message that matches, after the one that the last call gave. Rejects when the socket closes before, or
   * after the deadline, and tells what came instead.
   */
  next<Wanted extends Message>(matches: (message: Message) => message is Wanted, deadline?: Deadline): Promise<Wanted>
  next(matches?: (message: Message) => boolean, deadline?: Deadline): Promise<Message>
  send(message: unknown): void
  close(code?: number, reason?: string): void
}

/**
 * Opens a WebSocket, closed with the test. Rejects if it is refused, or not open within the deadline. Without a decoder
 * each message is the object that its JSON says.
 */
export async function openSocket<Message>(
  t: Teardown,
  url: string,
  options: SocketOptions & Decoding<Message>
): Promise<TestSocket<Message>>
export async function openSocket(t: Teardown, url: string, options?: SocketOptions): Promise<TestSocket<JsonMessage>>
export async function openSocket(
  t: Teardown,
  url: string,
  options: SocketOptions & Partial<Decoding<unknown>> = {}
): Promise<TestSocket<unknown>> {
  const { protocols = [], headers = {}, within = WITHIN, decode = jsonMessages } = options
  const socket = new WebSocket(url, { protocols, headers })
  t.teardown(() => socket.close())

  const received: unknown[] = []
  const changed = new EventTarget()
  const closing = Promise.withResolvers<Closed>()
  const opening = Promise.withResolvers<void>()
  let end: Closed | undefined
  let taken = 0

  socket.addEventListener('message', ({ data }) => {
    received.push(...decode(data))
    changed.dispatchEvent(new Event('change'))
  })
  socket.addEventListener('open', () => opening.resolve())
  socket.addEventListener('close', ({ code, reason }) => {
    end = { code, reason }
    closing.resolve(end)
    opening.reject(new Error(`${url} refused the WebSocket (${code} ${reason})`))
    changed.dispatchEvent(new Event('change'))
  })

  const late = setTimeout(
    () => opening.reject(new Error(`${url} did not open a WebSocket within ${within} ms`)),
    within
  )
  await opening.promise.finally(() => clearTimeout(late))

  function take(matches: (message: unknown) => boolean) {
    const index = received.findIndex((message, index) => index >= taken && matches(message))
    if (index >= 0) taken = index + 1
    return index
  }

  function next<Wanted>(matches: (message: unknown) => message is Wanted, deadline?: Deadline): Promise<Wanted>
  function next(matches?: (message: unknown) => boolean, deadline?: Deadline): Promise<unknown>
  function next(matches: (message: unknown) => boolean = () => true, { within = WITHIN }: Deadline = {}) {
    const since = taken
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const late = setTimeout(() => fail(`no such message within ${within} ms`), within)
    const settle = (act: () => void) => {
      clearTimeout(late)
      // At once: several messages can arrive before the caller runs again, and all but the first are for later calls.
      changed.removeEventListener('change', look)
      act()
    }
    const fail = (why: string) =>
      settle(() => reject(new Error(`${why}; received instead: ${JSON.stringify(received.slice(since))}`)))
    const look = () => {
      const index = take(matches)
      if (index >= 0) settle(() => resolve(received[index]))
      else if (end) fail(`the socket was closed (${end.code} ${end.reason})`)
    }
    changed.addEventListener('change', look)
    look()
    return promise
  }

  return {
    received,
    closed: closing.promise,
    next,
    send: message => socket.send(JSON.stringify(message)),
    close: (code, reason) => socket.close(code, reason)
  }
}

function jsonMessages(frame: string): JsonMessage[] {
  const value: unknown = JSON.parse(frame)
  return (Array.isArray(value) ? value : [value]).filter(isObject)
}

function isObject(value: unknown): value is JsonMessage {
  return typeof value === 'object' && value !== null
}
