import { FormatRegistry, type Static, type TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value, type ValueError } from '@sinclair/typebox/value'
import { countingCodePoints } from './text-length.ts'

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

// TypeBox refuses what has a format that it was not told of.
FormatRegistry.Set('uuid', text => UUID.test(text))

/** Decides whether a value is what a schema says. */
export interface Check<Schema extends TSchema> {
  accepts(value: unknown): value is Static<Schema>
  /** The first thing that is wrong with a value that was not accepted. */
  fault(value: unknown): ValueError | undefined
  /** What a text says; undefined where it is not JSON, or not what the schema says. */
  read(text: string): Static<Schema> | undefined
}

type Decision<Schema extends TSchema> = Pick<Check<Schema>, 'accepts' | 'fault'>

/**
 * Compiles a schema where code may be made from text, and interprets it where that is forbidden: a page with a strict
 * content security policy, `node --disallow-code-generation-from-strings`. Lengths of texts count code points.
 */
export function checkOf<Schema extends TSchema>(schema: Schema): Check<Schema> {
  const { accepts, fault } = decisionOf(countingCodePoints(schema))
  const read = (text: string) => {
    const value = jsonOf(text)
    return accepts(value) ? value : undefined
  }
  return { accepts, fault, read }
}

function decisionOf<Schema extends TSchema>(schema: Schema): Decision<Schema> {
  try {
    const compiled = TypeCompiler.Compile(schema)
    return {
      accepts: (value): value is Static<Schema> => compiled.Check(value),
      fault: value => compiled.Errors(value).First()
    }
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return {
      accepts: (value): value is Static<Schema> => Value.Check(schema, value),
      fault: value => Value.Errors(schema, value).First()
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
