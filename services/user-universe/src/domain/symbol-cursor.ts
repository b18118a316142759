/** The three ways to match, in the order of an answer. Without a search all are matched by their symbol. */
export const MATCHES = ['symbol', 'name', 'similar'] as const

export type Match = (typeof MATCHES)[number]

/** A place in an answer: the kind of match, how good it is (0 is best), and the symbol. Answers are in this order. */
export interface SymbolCursor {
  readonly match: Match
  readonly grade: number
  readonly symbol: string
}

/** `1.0.AAPL` */
export const writeCursor = ({ match, grade, symbol }: SymbolCursor): string =>
  `${MATCHES.indexOf(match)}.${grade}.${symbol}`

/** Reads what {@link writeCursor} wrote; the symbol may have dots of its own. */
export function readCursor(text: string): SymbolCursor {
  const [match = '', grade = '', ...symbol] = text.split('.')
  return { match: MATCHES[Number(match)] ?? 'symbol', grade: Number(grade), symbol: symbol.join('.') }
}
