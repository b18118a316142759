import { Type } from '@sinclair/typebox'

/** Header of a change: makes it hold for one version only. */
export const ifMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      // A proxy that compresses makes a weak tag of ours; a version is a version all the same.
      pattern: '^(\\*|(W/)?"[1-9]\\d{0,9}")$',
      description: 'ETag of what you read; a change made meanwhile is then refused with 412'
    })
  )
})

/** Header of a creation: makes it safe to repeat. */
export const creation = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,128}$',
      description: 'Your name for this creation: repeated within a day, it is done once and gets the same answer'
    })
  )
})
