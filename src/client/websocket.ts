import type { Dial } from './transport.ts'

/** The line protocol over the WebSocket of a browser (docs/protocols/line.md, section 1.2). */
export function webSocket(url: string | URL): Dial {
  return (listener) => {
    const socket = new WebSocket(url)
    socket.onopen = listener.opened
    socket.onmessage = ({ data }) => listener.received(data)
    socket.onclose = () => listener.closed()
    return {
      send: (line) => {
        // A browser complains on its console about what it cannot send, before it tells of the end.
        if (socket.readyState < WebSocket.CLOSING) socket.send(line)
      },
      close: () => socket.close(),
    }
  }
}
