import { createHash } from 'node:crypto'

/** Uniform numbers in [0, 1), the same for the same seed on every machine. */
export type Random = () => number

/**
 * Chris Doty-Humphrey's sfc32 (PractRand), seeded by SHA-256 of the text: neighbouring seeds give unrelated numbers.
 * Math.random cannot be seeded, and a replay that cannot be repeated cannot be tested.
 */
export function seededRandom(seed: string): Random {
  const digest = createHash('sha256').update(seed).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = 1
  return () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
}

/** Between `low` and `high`, evenly by ratio: as many between 10 and 20 as between 100 and 200. */
export const logUniform = (random: Random, low: number, high: number): number =>
  low * Math.exp(random() * Math.log(high / low))

/** An integer in [0, below). */
export const integer = (random: Random, below: number): number => Math.floor(random() * below)
