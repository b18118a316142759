/** What only code has that makes schemas. */
export const MAKES_SCHEMAS = /\bType\.|'@sinclair\/typebox/

/**
 * The source of a module of the contracts without its schemas, and without what is made of them at once: those are in the module of the values.
 *
 * @param values what the module exports beside functions
 * @param from where those come from instead
 */
export function functionsAlone(source: string, values: readonly string[], from: string): string {
  const kept = statementsOf(source).filter(statement => {
    const [, name] = /^export const (\w+)/.exec(statement) ?? []
    return !MAKES_SCHEMAS.test(statement) && (name === undefined || !values.includes(name))
  })
  return [`import { ${values.join(', ')} } from '${from}'`, ...kept].join('\n')
}

/** As the formatter writes it, a line that begins with a letter begins a statement, and all others go on with one. */
const statementsOf = (source: string): string[] => source.split(/\n(?=[a-z])/)
