import type { Dial } from './transport.ts'

/** The line protocol over WebSocket (docs/protocols/line.md, section 1.2), in browsers and in Node 22 and later. */
export function webSocket(url: string | URL, make = () => new WebSocket(url)): Dial {
  return (listener) => {
    const socket = make()
    socket.onopen = () => listener.opened()
    socket.onmessage = ({ data }) => listener.received(String(data))
    socket.onclose = () => listener.closed()
    return { send: (line) => socket.send(line), close: () => socket.close() }
  }
}
