export * from './browser.ts'
export { passedOn } from './http/passed-on.ts'
