import type { CallSpan } from './call-span.ts'
import { RequestError, reasonOf } from './request-error.ts'

/** The bytes of an answer, as they come. Whoever does not want the rest cancels it; each wait has the whole time of the call. */
export function streamOf(response: Response, span: CallSpan): ReadableStream<Uint8Array> {
  const reader = (response.body ?? new Blob([]).stream()).getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        span.extend()
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          span.end()
          controller.close()
        } catch (cause) {
          span.end()
          span.signal.throwIfAborted()
          throw new RequestError(`${response.url} broke off: ${reasonOf(cause)}`, { temporary: true, cause })
        }
      },
      async cancel(reason) {
        span.end()
        await reader.cancel(reason)
      }
    },
    { highWaterMark: 0 }
  )
}

/** The lines of a text. What comes without an end of line is none: the text broke off there. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') throw new RequestError('the last line broke off', { temporary: true })
  } finally {
    await reader.cancel()
  }
}
