import { randomBytes } from 'node:crypto'

/** A name for an epoch, should one begin: 72 random bits, 12 characters. */
export const newEpoch = (): string => randomBytes(9).toString('base64url')
