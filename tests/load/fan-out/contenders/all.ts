import { each, framed, joined } from './bounds.ts'
import { socketIo } from './socket-io.ts'
import { ours, oursDistinct } from './tickstock.ts'

/** By the names that the command line knows. */
export const CONTENDERS = { each, framed, joined, 'socket.io': socketIo, ours, distinct: oursDistinct } as const

export type ContenderName = keyof typeof CONTENDERS

export const isContender = (name: string): name is ContenderName => Object.hasOwn(CONTENDERS, name)
