export { SERVICES, type ServiceName } from './bundle-service.ts'
export { freshBundle } from './fresh-bundle.ts'
