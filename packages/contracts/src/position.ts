import { type Static, Type } from '@sinclair/typebox'
import { PerChannel } from './channels.ts'

/**
 * A place in one channel's log: everything up to and including `offset` has been seen.
 *
 * Offsets are dense: 1, 2, 3 … within an epoch, so a missing one is a lost one. The epoch is new whenever the log was lost or went backwards;
 * only positions of equal epochs compare.
 */
export const Position = Type.Object({
  epoch: Type.String({
    minLength: 1,
    maxLength: 32,
    description: 'Which life of the log; only equal epochs compare'
  }),
  offset: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Dense, counted from 1; 0 is before the first event'
  })
})

export type Position = Static<typeof Position>

/** A position for each channel. */
export const Positions = PerChannel(Position)

export type Positions = Static<typeof Positions>
