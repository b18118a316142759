import { type Static, Type } from '@sinclair/typebox'

const Secret = (description: string) => Type.Optional(Type.String({ minLength: 32, description }))

/** How a service finds out who sends a request. */
export const identityConfig = Type.Object({
  AUTH_MODE: Type.Union([Type.Literal('token'), Type.Literal('development')], { default: 'token' }),
  AUTH_SECRET: Secret('shared secret of the tokens, HS256'),
  SERVICE_SECRET: Secret('shared secret of the services, for what they ask each other; never the one of the users')
})

/** What is looked at; a service's whole configuration is one. */
export type IdentityConfig = Pick<Static<typeof identityConfig>, 'AUTH_MODE'> & Partial<Static<typeof identityConfig>>

/** What is wrong with the variables of identity in `env`, each by name and never with a value. */
export function identityFaults(env: Readonly<Record<string, string | undefined>>): string[] {
  const { AUTH_MODE: mode = 'token', AUTH_SECRET: secret, SERVICE_SECRET: serviceSecret } = env
  const faults: string[] = []
  if (mode === 'token' && !secret) {
    faults.push('AUTH_SECRET: expected text of at least 32 characters, since AUTH_MODE is token')
  }
  if (serviceSecret !== undefined && serviceSecret === secret) {
    faults.push(
      'SERVICE_SECRET: expected another secret than AUTH_SECRET: who makes tokens for users could be a service'
    )
  }
  if (mode === 'development' && env['NODE_ENV'] === 'production') {
    faults.push('AUTH_MODE: expected token, since NODE_ENV is production: development lets anyone be anyone')
  }
  return faults
}
