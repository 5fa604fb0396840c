/** Place of a server's line protocol: a host and port over TCP or TLS, or the URL of a WebSocket. */
export type ServerAddress =
  | { readonly by: 'tcp' | 'tls'; readonly host: string; readonly port: number }
  | { readonly by: 'websocket'; readonly url: string }

const LINE_PORT = 9090

/** Reads the URL of a server, see `connect`. @throws TypeError */
export function serverAddress(url: string | URL): ServerAddress {
  const text = String(url)
  const parsed = new URL(text.includes('://') ? text : `tcp://${text}`)
  const by = parsed.protocol.slice(0, -1)
  switch (by) {
    case 'tcp':
    case 'tls': {
      if (by === 'tls' && parsed.port === '') throw new TypeError('A tls:// URL has a port')
      if (parsed.hostname === '') throw new TypeError(`No host: ${text}`)
      const host = parsed.hostname.replace(/^\[|\]$/g, '')
      return { by, host, port: parsed.port === '' ? LINE_PORT : Number(parsed.port) }
    }
    default:
      return { by: 'websocket', url: webSocketUrl(parsed) }
  }
}

/** Returns the URL of a WebSocket for one of `ws`, `wss`, `http` or `https`. @throws TypeError for another one */
export function webSocketUrl(url: string | URL): string {
  const parsed = new URL(url)
  if (!/^(http|ws)s?:$/.test(parsed.protocol)) throw new TypeError(`Not a URL of a server: ${url}`)
  if (parsed.pathname === '/') parsed.pathname = '/line'
  return parsed.href.replace(/^http/, 'ws')
}
