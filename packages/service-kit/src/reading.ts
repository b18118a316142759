const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a request by this method changes nothing. */
export const isReading = (method: string): boolean => METHODS.has(method)
