/** What is needed of a test: something that runs a function when the test ends. A tap test is one. */
export interface Teardown {
  teardown(end: () => unknown): unknown
}
