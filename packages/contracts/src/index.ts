export const CHANNELS = ['daily', 'intraday', 'combo'] as const
export const f = (a: number) => {
  if (a > 1) {
    return 1
  }
  return 2
}
