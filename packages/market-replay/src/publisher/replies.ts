import type { ChainableCommander } from 'ioredis'

/** Sends a pipeline and gives its replies. @throws the first error among them */
export async function repliesOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = await pipeline.exec()
  return (replies ?? []).map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
