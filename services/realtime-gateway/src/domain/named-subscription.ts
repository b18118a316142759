import { Type } from '@sinclair/typebox'
import { checkOf, SubscriptionId } from '@tickstock/contracts'

const Named = Type.Object({ type: Type.Literal('subscribe'), id: SubscriptionId })
const frames = checkOf(Type.Union([Named, Type.Tuple([Named])]))

/**
 * The `id` of a `subscribe` that is not as it should be, where so much of it is: whoever asked hears that this question is refused, and does not wait for its answer.
 * Of several messages in one frame none is meant more than another.
 */
export function namedSubscription(frame: string): string | undefined {
  const named = frames.read(frame)
  return Array.isArray(named) ? named[0].id : named?.id
}
