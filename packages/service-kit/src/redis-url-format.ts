import { REDIS_URL_FORMS } from '@tickstock/event-log'

/** Name of the format, as it stands in what is said of a text that has another. */
export const REDIS_URL_FORMAT = `url of Redis, ${REDIS_URL_FORMS}`
