/** The highest id that an offset can have: reading after it skips whatever else somebody put under the same offset. */
export const afterOffset = (offset: number): string => `${offset}-18446744073709551615`
