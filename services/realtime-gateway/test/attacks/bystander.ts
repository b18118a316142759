import type { Teardown } from '@tickstock/test-kit'
import { a, connect, offsetsOf, type Socket, type startLog, subscribe, upTo } from '../gateway-fixture.ts'

interface Check {
  same(found: unknown, wanted: unknown, message: string): unknown
}

export interface Bystander {
  readonly socket: Socket
  /**
   * Publishes one event after the other while the attack lasts, and ten at least, and waits for each: whatever others do, this client is served, and
   * nothing is missing or comes twice.
   */
  served<Result>(t: Check, attack: () => Promise<Result>): Promise<Result>
}

const AT_LEAST = 10

/** A good client beside the attackers. */
export async function bystander(
  t: Teardown,
  log: Awaited<ReturnType<typeof startLog>>,
  gateway: { readonly port: number },
  auth: object = {}
): Promise<Bystander> {
  const socket = await connect(t, gateway, auth)
  const { position } = await subscribe(socket)

  async function served<Result>(t: Check, attack: () => Promise<Result>): Promise<Result> {
    let isOver = false
    let last = 0
    const attacking = attack().finally(() => {
      isOver = true
    })
    for (let count = 0; count < AT_LEAST || !isOver; count++) {
      const offset = await log.append()
      await socket.next(message => a('event')(message) && message.offset === offset)
      last = offset
    }
    t.same(offsetsOf(socket), upTo(last, position.offset + 1), 'a good client beside it gets all, once and in order')
    return attacking
  }
  return { socket, served }
}
