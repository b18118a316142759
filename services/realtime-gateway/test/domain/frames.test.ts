import { once } from 'node:events'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { arrayOf, joinArrays, payloadOf, textFrame } from '../../src/domain/frames.ts'

/** What `ws` itself reads when these bytes come. */
async function read(bytes: Buffer, count: number): Promise<string[]> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (_, { socket }) => socket.write(bytes))
  await once(server, 'listening')
  const address = server.address()
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  const messages: string[] = []
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject)
    client.on('message', (data, binary) => {
      messages.push(binary ? 'binary' : data.toString())
      if (messages.length === count) resolve()
    })
  })
  client.terminate()
  server.close()
  return messages
}

t.test('a frame of any length is read as the text that it was made of', async t => {
  const texts = [0, 1, 125, 126, 127, 65_534, 65_535, 65_536, 200_000].map(length => 'x'.repeat(length))
  texts.push('één', '😀')
  t.same(await read(Buffer.concat(texts.map(textFrame)), texts.length), texts)
  for (const text of texts) t.equal(payloadOf(textFrame(text)).toString(), text)
})

t.test('arrays are joined into one, whatever their length', async t => {
  const frames = [['1'], ['2', '3'], ['4']].map(arrayOf)
  t.equal(payloadOf(joinArrays(frames)).toString(), '[1,2,3,4]')
  t.equal(joinArrays(frames.slice(0, 1)), frames[0])
  for (const length of [30, 100, 10_000, 70_000]) {
    const text = JSON.stringify('y'.repeat(length))
    const [joined = ''] = await read(joinArrays([arrayOf([text]), arrayOf([text, '1'])]), 1)
    t.same(JSON.parse(joined), [JSON.parse(text), JSON.parse(text), 1])
  }
})
