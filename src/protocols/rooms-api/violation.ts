/** Errors of values by JSON Schema in words for people: the field, and what is allowed there. */
import { PATTERN_FORMS } from './schemas.ts'

/** A JSON Schema, as far as it is explained. */
interface Explained {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Explained
  readonly properties?: Readonly<Record<string, Explained>>
  readonly anyOf?: readonly Explained[]
}

/** An error of a value, as the schema library gives it. */
export interface SchemaError {
  readonly instancePath: string
  readonly params: object
}

/** Returns the schema that is meant for a value: of several forms the one with its type. */
export function meantSchema(schema: Explained, value: unknown): Explained {
  const type = Array.isArray(value) ? 'array' : typeof value
  return schema.anyOf?.find((form) => form.type === type) ?? schema
}

/** Explains an error; `what` names the whole value. */
export function violationText(schema: Explained, { instancePath, params }: SchemaError, what: string): string {
  let place: Explained = schema
  let name = ''
  for (const step of instancePath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    const { properties, items } = place
    if (properties && !Object.hasOwn(properties, key)) {
      return `Unknown field: ${name}${key.slice(0, 64)}; there are ${Object.keys(properties).join(', ')}`
    }
    place = properties?.[key] ?? items ?? {}
    name = properties ? `${name}${key}.` : `${name.replace(/\.$/, '')}[${key}].`
  }
  const [missing] = 'requiredProperties' in params ? [params.requiredProperties].flat() : []
  if (missing !== undefined) return `Missing field: ${name}${missing}`
  return `${name.replace(/\.$/, '') || what} must be ${expectation(place)}`
}

/** @param isObjectNamed true if the object that a list has was named directly before */
function expectation(schema: Explained, isObjectNamed = false): string {
  const { type, properties, items, minItems = 0, maxItems, minimum, maximum, anyOf } = schema
  if (anyOf) {
    const isOfFirst = (form: Explained) => anyOf[0]?.type === 'object' && form.items?.type === 'object'
    return anyOf.map((form) => expectation(form, isOfFirst(form))).join(', or ')
  }
  switch (type) {
    case 'object':
      return `an object with ${Object.keys(properties ?? {}).join(', ')}`
    case 'array': {
      const count =
        maxItems === undefined ? (minItems > 0 ? ` of at least ${minItems}` : '') : ` of ${minItems} to ${maxItems}`
      if (isObjectNamed) return `a list${count} such objects`
      return `a list${count}, each ${expectation(items ?? {})}`
    }
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`
    case 'boolean':
      return 'true or false'
    default:
      return textExpectation(schema)
  }
}

function textExpectation({ enum: values, pattern, format, minLength = 0, maxLength }: Explained): string {
  if (values) return values.join(' or ')
  if (pattern !== undefined) return PATTERN_FORMS[pattern] ?? 'another string'
  if (format === 'date-time') return 'a time such as 2026-12-24T18:00:00Z'
  if (maxLength === undefined) return 'a string'
  return `a string of ${minLength === 0 ? 'at most' : `${minLength} to`} ${maxLength} characters`
}
