import { type Static, Type } from '@sinclair/typebox'

const Secret = (description: string) => Type.Optional(Type.String({ minLength: 32, maxLength: 4096, description }))

const Text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description }))

const PerSecond = (options: { default: number; description: string }) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, ...options })

/** How a service finds out who sends a request, and how much of them it takes. */
export const identityConfig = Type.Object({
  AUTH_MODE: Type.Union([Type.Literal('token'), Type.Literal('proxy'), Type.Literal('development')], {
    default: 'token'
  }),
  AUTH_SECRET: Secret('shared secret of the tokens, HS256'),
  AUTH_JWKS_URL: Type.Optional(
    Type.String({ pattern: '^https?://\\S+$', description: "url of the issuer's public keys, a JSON Web Key Set" })
  ),
  AUTH_ISSUER: Text('`iss` that tokens must have'),
  AUTH_AUDIENCE: Text('`aud` that tokens must have'),
  AUTH_CLOCK_SKEW_S: Type.Integer({
    minimum: 0,
    maximum: 300,
    default: 5,
    description: 'time that clocks of issuer and service may differ, s'
  }),
  SERVICE_SECRET: Secret('shared secret of the services, for what they ask each other; never the one of the users'),
  TRUSTED_PROXIES: Type.String({
    minLength: 1,
    default: 'loopback,uniquelocal',
    description: 'comma-separated addresses, CIDRs, loopback, linklocal, uniquelocal: whose X-Forwarded-For is believed'
  }),
  RATE_LIMIT: Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on' }),
  RATE_LIMIT_USER: PerSecond({ default: 500, description: 'requests of one user a second' }),
  RATE_LIMIT_WRITES: PerSecond({ default: 20, description: 'requests of one user a second that change something' }),
  RATE_LIMIT_ADDRESS: PerSecond({ default: 50, description: 'requests of one address a second that name no user' })
})

/** What is looked at; a service's whole configuration is one. */
export type IdentityConfig = Pick<Static<typeof identityConfig>, 'AUTH_MODE'> & Partial<Static<typeof identityConfig>>

/** Whether requests are counted. In development mode a name proves nothing, and load is tried. */
export const areLimited = ({ AUTH_MODE, RATE_LIMIT = 'on' }: IdentityConfig): boolean =>
  AUTH_MODE !== 'development' && RATE_LIMIT === 'on'
