/** Place of a server's line protocol: a host and port over TCP or TLS, or the URL of a WebSocket. */
export type ServerAddress =
  | { readonly by: 'tcp' | 'tls'; readonly host: string; readonly port: number }
  | { readonly by: 'websocket'; readonly url: string }

const LINE_PORT = 9090

/** Reads the URL of a server, see `connect`. @throws TypeError */
export function serverAddress(url: string | URL): ServerAddress {
  const text = String(url)
  const parsed = new URL(text.includes('://') ? text : `tcp://${text}`)
  const [, by = ''] = /^(\w+):/.exec(parsed.href) ?? []
  switch (by) {
    case 'tcp':
    case 'tls': {
      if (by === 'tls' && parsed.port === '') throw new TypeError('A tls:// URL has a port')
      if (parsed.hostname === '') throw new TypeError(`No host: ${text}`)
      const host = parsed.hostname.replace(/^\[|\]$/g, '')
      return { by, host, port: parsed.port === '' ? LINE_PORT : Number(parsed.port) }
    }
    case 'http':
    case 'https':
    case 'ws':
    case 'wss':
      if (parsed.pathname === '/') parsed.pathname = '/line'
      return { by: 'websocket', url: parsed.href.replace(/^http/, 'ws') }
    default:
      throw new TypeError(`Not a URL of tcp, tls, ws, wss, http or https: ${text}`)
  }
}
