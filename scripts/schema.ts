/** Writes the published JSON Schema of everything the line protocol's server says. */
import { writeFileSync } from 'node:fs'
import { publishedSchema } from '../commands/schema.ts'

writeFileSync(new URL('../commands/schema.json', import.meta.url), publishedSchema())
