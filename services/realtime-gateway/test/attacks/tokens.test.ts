import { SUBPROTOCOL } from '@tickstock/contracts'
import { openSocket, tokenFor } from '@tickstock/test-kit'
import t from 'tap'
import { SECRET, socketUrl, startGateway, startLog } from '../gateway-fixture.ts'

t.test('a gateway that trusts tokens only', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { AUTH_MODE: 'token', MAX_CONNECTIONS_PER_USER: '2' })
  const url = socketUrl(gateway)
  const enter = async (auth: object) => {
    const socket = await openSocket(t, url, { protocols: [SUBPROTOCOL] })
    socket.send({ type: 'auth', ...auth })
    return socket
  }
  const unsigned = (user: string) =>
    `${[{ alg: 'none' }, { sub: user, exp: 9e9 }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`

  t.test('lets in whoever has a token, by its name', async t => {
    const socket = await enter({ token: await tokenFor('alice', SECRET) })
    t.match(await socket.next(), { type: 'welcome', user: 'alice' })
    socket.close()
  })

  const bad: Record<string, object> = {
    'no token': {},
    'a mere name': { user: 'alice' },
    'alg none': { token: unsigned('alice') },
    'another secret': { token: await tokenFor('alice', `${SECRET}!`) },
    'a token that is over': { token: await tokenFor('alice', SECRET, { expiresIn: '-1m' }) },
    'no token at all': { token: 'x.y.z' }
  }
  for (const [what, auth] of Object.entries(bad)) {
    t.test(`refuses ${what}`, async t => {
      const socket = await enter(auth)
      t.match(await socket.next(), { type: 'error', code: 'unauthenticated' })
      t.match(await socket.closed, { code: 4000 })
    })
  }

  t.test('takes no name from a header', async t => {
    const headers = { 'x-user-id': 'alice', 'x-forwarded-for': '127.0.0.1' }
    const socket = await openSocket(t, url, { protocols: [SUBPROTOCOL], headers })
    socket.send({ type: 'auth' })
    t.match(await socket.next(), { type: 'error', code: 'unauthenticated' })
  })

  t.test('closes a live socket when its token ends', async t => {
    const socket = await enter({ token: await tokenFor('brief', SECRET, { expiresIn: '2s' }) })
    t.match(await socket.next(), { type: 'welcome' })
    t.match(await socket.closed, { code: 4000, reason: 'unauthenticated: the token has expired' })
  })

  t.test('gives a user no more sockets than allowed', async t => {
    const token = await tokenFor('many', SECRET)
    const [first] = [await enter({ token }), await enter({ token })]
    await first.next()
    t.match(await (await enter({ token })).closed, { code: 4102 })
  })

  t.test('answers nothing but auth and ping before it knows who asks', async t => {
    const socket = await openSocket(t, url, { protocols: [SUBPROTOCOL] })
    socket.send([
      { type: 'ping', id: '1' },
      { type: 'subscribe', id: 's', channel: 'daily', from: 'now' }
    ])
    t.match(await socket.next(), { type: 'pong', id: '1' })
    t.match(await socket.next(), { type: 'error', code: 'unauthenticated', id: 's' })
  })
})
