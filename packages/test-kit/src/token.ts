import { SignJWT } from 'jose'

/** A JWT (HS256) that says it is this user's (`sub`). `expiresIn` as in jose, e.g. `1h`, `-1s` for one that is over. */
export async function tokenFor(
  userId: string,
  secret: string,
  { expiresIn = '1h' }: { readonly expiresIn?: string } = {}
): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(new TextEncoder().encode(secret))
}
