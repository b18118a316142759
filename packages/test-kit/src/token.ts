import { SignJWT } from 'jose'

/** A JWT (HS256) that says it is this user's (`sub`), with other `claims` where needed. `expiresIn` as in jose, e.g. `1h`, `-1s` for one that is over. */
export async function tokenFor(
  userId: string,
  secret: string,
  { expiresIn = '1h', claims = {} }: { readonly expiresIn?: string; readonly claims?: Record<string, unknown> } = {}
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(new TextEncoder().encode(secret))
}
