/** docs/protocols/rooms-api.md, section 3, point 13: the document of the API, and its page. */
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { apiStage } from './stage.ts'

/** The part of OpenAPI 3.1 that the document uses. */
const SCHEMAS = { type: 'object', additionalProperties: { type: 'object', required: ['schema'] } } as const
const RESPONSE = {
  type: 'object',
  properties: { description: { type: 'string', minLength: 1 }, content: SCHEMAS },
  required: ['description'],
  additionalProperties: false,
} as const
const PARAMETER = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    in: { enum: ['path', 'query', 'header'] },
    required: { const: true },
    description: { type: 'string' },
    schema: { type: 'object' },
  },
  required: ['name', 'in', 'schema'],
  additionalProperties: false,
} as const
const OPERATION = {
  type: 'object',
  properties: {
    operationId: { type: 'string', pattern: '^[a-z]+[A-Za-z]+$' },
    summary: { type: 'string', minLength: 1 },
    parameters: { type: 'array', items: PARAMETER },
    requestBody: { type: 'object', properties: { required: { const: true }, content: SCHEMAS }, required: ['content'] },
    responses: { type: 'object', additionalProperties: RESPONSE, required: ['default'] },
    security: { type: 'array', items: { type: 'object' } },
  },
  required: ['operationId', 'summary', 'responses'],
  additionalProperties: false,
} as const
const DOCUMENT = Compile({
  type: 'object',
  properties: {
    openapi: { const: '3.1.0' },
    info: { type: 'object', required: ['title', 'version'] },
    paths: {
      type: 'object',
      patternProperties: {
        '^/': {
          type: 'object',
          patternProperties: { '^(get|put|post|delete)$': OPERATION },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  },
  required: ['openapi', 'info', 'paths'],
})

test('the document is valid, and every request in it exists', async () => {
  const { api, port } = await apiStage()
  const { body } = await api('GET', '/openapi.json')
  expect(DOCUMENT.Errors(body)[1]).toEqual([])
  let count = 0
  const names = new Set<string>()
  for (const [path, methods] of Object.entries<
    Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>
  >(body.paths)) {
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
    for (const [method, { operationId, parameters = [] }] of Object.entries(methods)) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect([path, named]).toEqual([path, inPath])
      const url = `http://127.0.0.1:${port}${path.replace(/\{\w+\}/g, '1')}`
      const { status } = await fetch(url, { method: method.toUpperCase() })
      expect([method, path, status]).not.toEqual([method, path, 405])
      expect([method, path, status]).not.toEqual([method, path, 500])
      count++
      names.add(operationId)
    }
  }
  expect(count).toBeGreaterThan(12)
  expect(names.size).toBe(count)
})

test('the document has what a webhook takes', async () => {
  const { api } = await apiStage()
  const { body } = await api('GET', '/openapi.json')
  const { parameters, requestBody } = body.paths['/hooks/{token}'].post
  expect(parameters).toContainEqual(expect.objectContaining({ name: 'wait', in: 'query' }))
  const { schema } = requestBody.content['multipart/form-data']
  expect(schema).toMatchObject({ type: 'object', properties: { payload: {}, payload_json: {} } })
})

test('the page loads nothing and runs nothing', async () => {
  const { api } = await apiStage()
  const { text, headers } = await api('GET', '/docs')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).toContain('POST /rooms/{room}/messages')
  expect(text).toContain('Idempotency-Key')
  expect(text).toMatch(/\?limit=<\/code><\/dt><dd>The newest ones of the range\. 1 to 1000\. 100 if not given\./)
  expect(text).not.toMatch(/<script|src=|https?:/)
})
