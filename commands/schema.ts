import { ServerLine } from './replies.ts'

/** The text of commands/schema.json: one line from the server, as JSON Schema. */
export function publishedSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'One line from a roomd server, line protocol',
    ...ServerLine,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
