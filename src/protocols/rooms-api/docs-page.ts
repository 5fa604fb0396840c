import { escapeHtml } from '../entities.ts'
import type { ApiOperation } from './operations.ts'

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8888 }
h2 { margin-top: 2.5rem; font-size: 1.1rem }
dt { font-weight: 600 } dd { margin: 0 0 .5rem 1.5rem }`

const AUTHORIZING: Readonly<Record<ApiOperation['authorizing'], string>> = {
  none: 'Needs no authorization.',
  read: 'Needs a token or password, where public rooms are not open to everybody.',
  guest: 'Needs a token or password, or ?as=NICKNAME of a guest.',
  account: 'Needs a token or password.',
}

const EXAMPLES = `curl -d 'deploy done' 'localhost:7777/rooms/ops/messages?as=ci'
make 2>&1 | curl -T - 'localhost:7777/rooms/ops/messages?as=ci&split=lines'
curl 'localhost:7777/rooms/ops/messages?limit=10' -H 'Accept: text/plain'
curl -N 'localhost:7777/rooms/ops/stream?since=-1h'`

/** Returns the page that describes requests to people. It has no script, and loads nothing. */
export function docsPage(operations: readonly ApiOperation[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>roomd rooms API</title><style>${STYLE}</style></head><body>
<h1>Rooms API</h1>
<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Refusals are <code>application/problem+json</code> with a
<code>code</code>. Authorize with <code>Authorization: Bearer TOKEN</code>, or with the name and password of an account (Basic).</p>
<pre>${escapeHtml(EXAMPLES)}</pre>
<p>401 is for a request that lacks authorization, 403 for one that it does not cover, 404 also for a room whose password is not shown, 429 and 503 for
one that may be repeated after the seconds of <code>Retry-After</code>. Parameters that are not listed are refused.</p>
${operations.map(section).join('\n')}
</body></html>
`
}

function section(operation: ApiOperation): string {
  const { method, path, summary, authorizing, parameters, headers, body = {}, answers } = operation
  const inQuery = Object.entries(parameters.properties).map(
    ([name, schema]) => [`?${name}=`, textOfSchema(schema)] as const,
  )
  const terms = [...inQuery, ...Object.entries(headers)].map(
    ([name, text]) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${escapeHtml(text)}</dd>`,
  )
  const bodies = Object.entries(body).map(([type, schema]) => details(`Body, ${type}`, schema))
  const responses = Object.entries(answers).map(([status, { description, content = {} }]) => {
    const [[type, schema] = []] = Object.entries(content)
    return `<p><code>${status}</code> ${escapeHtml(description)}</p>${schema && type ? details(type, schema) : ''}`
  })
  return `<h2><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h2>
<p>${escapeHtml(summary)}. ${AUTHORIZING[authorizing]}</p>
${terms.length > 0 ? `<dl>${terms.join('')}</dl>` : ''}${bodies.join('')}${responses.join('')}`
}

function details(title: string, schema: object): string {
  const json = escapeHtml(JSON.stringify(schema, null, 2))
  return `<details><summary>${escapeHtml(title)}</summary><pre>${json}</pre></details>`
}

interface ParameterSchema {
  readonly description?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
}

/** Returns the description of a parameter, with its possible values. */
function textOfSchema(schema: ParameterSchema): string {
  const { description, minimum, maximum } = schema
  const facts = [
    schema.enum && `${schema.enum.join(', ')}.`,
    minimum !== undefined && maximum !== undefined && `${minimum} to ${maximum}.`,
    schema.default !== undefined && `${schema.default} if not given.`,
  ]
  return [description, ...facts].filter(Boolean).join(' ')
}
