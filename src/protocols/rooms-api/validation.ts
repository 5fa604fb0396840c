import type { Compile, Validator, XStatic } from 'typebox/schema'
import { Mistake } from '../../../commands/command.ts'
import { parseTime } from '../../../commands/range.ts'
import { isObject } from '../json.ts'
import { Problem } from './problems.ts'
import { meantSchema, violationText } from './violation.ts'

let compile: Promise<typeof Compile> | undefined
const compiled = new WeakMap<object, Validator>()

/** Returns the validator of a schema, which is compiled once. The library is loaded with the first one. */
async function validatorOf(schema: object): Promise<Validator> {
  const known = compiled.get(schema)
  if (known) return known
  compile ??= import('typebox/schema').then((library) => library.Compile)
  const validator = (await compile)(schema)
  compiled.set(schema, validator)
  return validator
}

/** Checks a value by a schema. @throws {Problem} 400 that explains the first error of the value; `what` names the value. */
export async function checked<const S extends object>(schema: S, value: unknown, what: string): Promise<XStatic<S>> {
  const validator = await validatorOf(schema)
  // Checked by the schema of the type.
  if (validator.Check(value)) return value as XStatic<S>
  const meant = meantSchema(schema, value)
  const [, [first = { instancePath: '', params: {} }]] = (await validatorOf(meant)).Errors(value)
  throw new Problem(400, 'invalid-request', violationText(meant, first, what))
}

interface ParametersSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, { readonly type: 'string' | 'integer' }>>
  readonly additionalProperties: false
}

/** Checks the parameters of a request, whose values are texts. @throws {Problem} 400 */
export async function checkedQuery<const S extends ParametersSchema>(schema: S, query: unknown): Promise<XStatic<S>> {
  const values = isObject(query) ? query : {}
  const typed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    if (!property) throw new Problem(400, 'invalid-request', unknownParameter(name, Object.keys(schema.properties)))
    if (Array.isArray(value)) throw new Problem(400, 'invalid-request', `${name} is given more than once`)
    const isNumber = property.type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value)
    typed[name] = isNumber ? Number(value) : value
  }
  return checked(schema, typed, 'Parameter')
}

/** Returns the time that a text means, in ms since the epoch. @throws {Problem} 400 with `detail` for one that means none */
export function timeMeant(text: string, detail: string): number {
  try {
    return parseTime(text, Date.now())
  } catch (error) {
    throw error instanceof Mistake ? new Problem(400, 'invalid-request', detail) : error
  }
}

function unknownParameter(name: string, known: readonly string[]): string {
  const all = known.length === 0 ? 'this request has none' : `there are ${known.join(', ')}`
  return `Unknown parameter: ${name.slice(0, 64)}; ${all}`
}
