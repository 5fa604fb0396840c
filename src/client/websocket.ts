import type { Dial } from './transport.ts'

/** The line protocol over WebSocket (docs/protocols/line.md, section 1.2), in browsers and in Node 22 and later. */
export function webSocket(url: string | URL, make = () => new WebSocket(url)): Dial {
  return (listener) => {
    const socket = make()
    socket.onopen = () => listener.opened()
    socket.onmessage = ({ data }) => listener.received(String(data))
    let why: string | undefined
    // Browsers do not tell the reason, Node does.
    socket.onerror = (event) => {
      if ('message' in event && typeof event.message === 'string' && event.message !== '') why = event.message
    }
    socket.onclose = () => listener.closed(why)
    return { send: (line) => socket.send(line), close: () => socket.close() }
  }
}
