/**
 * JSON in which anything beyond ASCII is escaped: what is joined from such texts is as many bytes as characters, and is written without being encoded.
 */
export const asciiJson = (value: object): string => toAscii(JSON.stringify(value))

/** The same of what is JSON already. */
export const toAscii = (json: string): string =>
  json.replace(BEYOND_ASCII, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const BEYOND_ASCII = /[\u0080-\uffff]/g
