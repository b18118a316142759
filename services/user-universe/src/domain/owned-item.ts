/** Which version a change was made for; undefined takes any. */
export type ExpectedVersion = number | undefined

/** Something of one user, named by both. */
export interface ItemKey {
  readonly user: string
  readonly id: string
}

/** What a creation made, or had made before. */
export interface Created<Item> {
  readonly item: Item
  /** True when the creation was done before, under the same key. */
  readonly replayed: boolean
}
