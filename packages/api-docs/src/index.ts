export { asyncApiDocument } from './async-api.ts'
export { type Example, exampleOf } from './examples.ts'
export { openApiDocument, publicRoutes } from './open-api.ts'
export { writeDocs } from './write-docs.ts'
