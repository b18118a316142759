const USER_PATTERN = /^[A-Za-z0-9._@:|-]{1,128}$/

/** Names of services begin so, and no user's name does. */
export const SERVICE_PREFIX = 'service:'

const SERVICE = /^service:[a-z][a-z0-9-]{0,63}$/

/** Whether it is a name that a user may have. */
export const isUser = (name: unknown): name is string =>
  typeof name === 'string' && USER_PATTERN.test(name) && !name.startsWith(SERVICE_PREFIX)

/** Whether it is the name of a service, as `userOf` tells it. */
export const isService = (name: unknown): name is string => typeof name === 'string' && SERVICE.test(name)
