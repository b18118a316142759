/** How much the view can be trusted to be up to date. */
export interface Freshness {
  /** Whether the view has had everything that stood in the logs when it was built. */
  readonly built: boolean
  /** When every log was last read with success, ms. */
  readonly asOf: number
  /** Whether that is too long ago: newer patterns may exist. */
  readonly stale: boolean
  /** What keeps the view from being built, and since when; undefined where nothing does. */
  readonly trouble?: string | undefined
}
