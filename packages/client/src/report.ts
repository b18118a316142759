/** An error of the application must neither stop a session nor be lost: it becomes the program's uncaught error. */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** Calls what an application gave. */
export function call(handler: () => void): void {
  try {
    handler()
  } catch (error) {
    report(error)
  }
}
