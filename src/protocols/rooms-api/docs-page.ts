import { escapeHtml } from '../escape.ts'
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

/** Returns the page that describes requests to people. It has no script, and loads nothing. */
export function docsPage(operations: readonly ApiOperation[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>roomd rooms API</title><style>${STYLE}</style></head><body>
<h1>Rooms API</h1>
<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Refusals are <code>application/problem+json</code> with a
<code>code</code>. Authorize with <code>Authorization: Bearer TOKEN</code>, or with the name and password of an account (Basic).</p>
${operations.map(section).join('\n')}
</body></html>
`
}

function section({
  method,
  path,
  summary,
  authorizing,
  parameters,
  headers = {},
  body = {},
  answers,
}: ApiOperation): string {
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

/** Returns the description of a parameter, and its other keywords where it has none. */
function textOfSchema({ description, ...keywords }: { readonly description?: string }): string {
  return description ?? JSON.stringify(keywords)
}
