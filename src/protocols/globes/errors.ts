/** Errors of requests (docs/protocols/globes.md, section 1). */
export const GLOBES_ERRORS = {
  101: { text: 'Room error: Room not found', status: 404 },
  102: { text: 'Room error: Duplicate room', status: 400 },
  103: { text: 'Room error: Invalid JSON', status: 400 },
  104: { text: 'Room error: Unauthorized operation', status: 401 },
  105: { text: 'Room error: Invalid content', status: 400 },
  /** Not in the original. */
  106: { text: 'Room error: Too many rooms', status: 503 },
  202: { text: 'Client error: Duplicate username', status: 400 },
  204: { text: 'Client error: Unauthorized operation', status: 401 },
  301: { text: 'Could not establish session', status: 400 },
  303: { text: 'Invalid JSON', status: 400 },
  304: { text: 'Unauthorized operation', status: 401 },
  403: { text: 'Token error: Invalid token', status: 403 },
  /** Not in the original: the store is unavailable, or too many password checks are queued. */
  503: { text: 'Temporarily unavailable', status: 503 },
} as const

export type GlobesErrorCode = keyof typeof GLOBES_ERRORS

/** An error of a request, with its status and body. */
export class GlobesError extends Error {
  override name = 'GlobesError'
  readonly status: number
  readonly body: object

  /** `field` is the invalid field; `status` replaces that of the table. */
  constructor(code: GlobesErrorCode, field?: string, status: number = GLOBES_ERRORS[code].status) {
    const { text } = GLOBES_ERRORS[code]
    super(text)
    this.status = status
    this.body = { status: false, error: { code, error: text, ...(field !== undefined && { field }) } }
  }
}
