import { Child } from '../../child.ts'
import type { Contender } from '../contender.ts'

/** `ws` with nothing else done: no log, no filters, no positions. */
const bound = (name: string, mode: 'each' | 'framed' | 'joined'): Contender => ({
  name,
  start: async cleanup => {
    const server = new Child(cleanup, './fan-out/servers/plain.ts', [mode])
    const port = await server.line()
    return {
      url: `ws://127.0.0.1:${port}`,
      dialect: 'plain',
      pid: server.pid,
      publish: rate => server.tell(`${rate}`)
    }
  }
})

export const each = bound('ws.send per client', 'each')
export const framed = bound('ws, one pre-framed buffer', 'framed')
export const joined = bound('ws, joined writes (the bound)', 'joined')
