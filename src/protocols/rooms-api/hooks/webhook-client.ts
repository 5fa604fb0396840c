import { createHmac } from 'node:crypto'
import type { lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { Agent as HttpAgent, request as requestHttp } from '../../../transport/http/node-http.ts'
import { hostOf, isPublicAddress, PrivateAddress, publicLookup } from './addresses.ts'

/** Maximum time of a request, from the look-up of the name to the end of the answer. */
const TIMEOUT_MS = 10_000
/** Time for which an idle connection is kept; servers keep them for 5 s or longer. */
const KEEP_MS = 4_000
/** Maximum bytes of an answer that are read; the connection ends where it is longer. */
const MAX_ANSWER = 65_536

export interface WebhookClientOptions {
  /** True if hosts may be loopback and private addresses. */
  readonly private: boolean
  /** {@link TIMEOUT_MS} if not given. */
  readonly timeoutMs?: number
  /** `dns.lookup` if not given. */
  readonly resolve?: typeof lookup
}

/** A request to the URL of a webhook. */
export interface WebhookRequest {
  readonly url: string
  /** Id of the webhook. */
  readonly hook: string
  readonly secret: string
  /** JSON. */
  readonly body: string
  /** Identifies the event, so that a receiver can tell a repetition. */
  readonly event: string
}

/** Posts to the URLs of webhooks. Redirects are not followed. */
export class WebhookClient {
  readonly #options: WebhookClientOptions
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: KEEP_MS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: KEEP_MS }),
  }

  constructor(options: WebhookClientOptions) {
    this.#options = options
  }

  /** Resolves with the status of the answer. Rejects with {@link PrivateAddress}, and errors of the connection. */
  async post({ url: text, hook, secret, body, event }: WebhookRequest, signal: AbortSignal): Promise<number> {
    const url = new URL(text)
    const host = hostOf(url)
    // An address in the URL is checked here, as no name is looked up for it.
    if (!this.#options.private && isIP(host) > 0 && !isPublicAddress(host)) throw new PrivateAddress(host)
    const { timeoutMs = TIMEOUT_MS } = this.#options
    const timeout = AbortSignal.timeout(timeoutMs)
    const isHttps = url.protocol === 'https:'
    const options = {
      method: 'POST',
      agent: this.#agents[isHttps ? 'https:' : 'http:'],
      signal: AbortSignal.any([signal, timeout]),
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'User-Agent': 'roomd',
        'X-Roomd-Hook': hook,
        'X-Roomd-Event': event,
        'X-Roomd-Signature': signatureOf(secret, body),
      },
      ...(!this.#options.private && { lookup: publicLookup(this.#options.resolve) }),
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = (isHttps ? requestHttps : requestHttp)(url, options, resolve)
      sent.once('error', (error) => reject(timeout.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error))
      sent.end(body)
    })
    await drain(answer)
    return answer.statusCode ?? 0
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }
}

/** Returns the header `X-Roomd-Signature`: HMAC-SHA256 of the body with the secret of the webhook. */
function signatureOf(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Reads an answer to its end, so that the connection can be used again, or ends the connection. */
async function drain(answer: IncomingMessage): Promise<void> {
  let bytes = 0
  try {
    for await (const chunk of answer) {
      bytes += chunk.length
      if (bytes > MAX_ANSWER) break
    }
  } catch {
    // The rest of the response does not matter: its status has come.
  }
}
