/** Checks responses against an OpenAPI document. */
import { Compile, type Validator } from 'typebox/schema'

type Checker = (method: string, path: string, status: number, type: string | null, body: unknown) => void

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}
interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>>
  >
}

/** Returns a function that throws for a response that is not in the document; paths that are not in it are passed over. */
export function responseChecker(document: object): Checker {
  const { paths } = document as Document
  const validators = new Map<object, Validator>()
  const patterns = Object.entries(paths).map(([path, methods]) => {
    return { pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}(?:\\?|$)`), methods }
  })
  return (method, path, status, type, body) => {
    const operation = patterns.find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()]
    if (!operation) return
    const { content } = operation.responses[status] ?? operation.responses.default ?? {}
    const media = type?.split(';', 1)[0] ?? ''
    const where = `${method} ${path}: ${status} ${media}`
    if (!content) {
      if (type !== null) throw new Error(`${where}: the document has no body`)
      return
    }
    const { schema } = content[media] ?? {}
    if (!schema) throw new Error(`${where}: the document has no such type`)
    const validator = validators.get(schema) ?? Compile(schema)
    validators.set(schema, validator)
    if (!validator.Check(body))
      throw new Error(`${where}: ${JSON.stringify(validator.Errors(body)[1])}: ${JSON.stringify(body)}`)
  }
}
