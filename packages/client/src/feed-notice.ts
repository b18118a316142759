import type { SessionEffect } from './session/effect.ts'

/** What a session says of one of its subscriptions. */
export type FeedNotice = OrderedNotice | UnorderedNotice

/** What an application takes one after the other, each when it is done with the one before. */
export type OrderedNotice = Extract<
  SessionEffect,
  { type: 'deliver' | 'snapshot' | 'gap' | 'caught_up' | 'retargeted' | 'position' }
>

/** What waits for no handler. */
export type UnorderedNotice = Extract<SessionEffect, { type: 'refused' | 'status' }>
