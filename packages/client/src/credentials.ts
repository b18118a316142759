import type { Auth } from '@tickstock/contracts'

/** Who the client is. A function is asked anew for each request and each socket, so that a token can be renewed. */
export interface Credentials {
  readonly token?: string | (() => string | Promise<string>) | undefined
  /** A user's name alone: only for services in development mode. */
  readonly user?: string | undefined
  /** Headers that say it instead, of requests alone: how services of the system speak for themselves. */
  readonly headers?: (() => Record<string, string> | Promise<Record<string, string>>) | undefined
}

export async function authHeaders({ token, user, headers }: Credentials): Promise<Record<string, string>> {
  const bearer = await read(token)
  return {
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(user !== undefined && { 'x-user-id': user }),
    ...(await headers?.())
  }
}

export async function authMessage({ token, user }: Credentials): Promise<Auth> {
  const bearer = await read(token)
  return { type: 'auth', ...(bearer !== undefined && { token: bearer }), ...(user !== undefined && { user }) }
}

const read = async (token: Credentials['token']): Promise<string | undefined> =>
  typeof token === 'function' ? token() : token
