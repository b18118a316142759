import type { SessionEffect } from '../../src/session/effect.ts'
import type { SessionInput } from '../../src/session/input.ts'
import type { Session } from '../../src/session/session.ts'
export function conforms(_session: Session, _input: SessionInput, step: () => readonly SessionEffect[]) {
  return step()
}
