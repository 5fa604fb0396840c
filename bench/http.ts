/** roomd with its HTTP port. */
import { freePort, type Server, startRoomd } from './server.ts'

export interface HttpServer extends Server {
  readonly httpPort: number
  /** The HTTP port's, without a path. */
  readonly url: string
}

export async function startHttp(data?: string): Promise<HttpServer> {
  const httpPort = await freePort()
  const server = await startRoomd(data, '--http', String(httpPort))
  return { ...server, httpPort, url: `http://127.0.0.1:${httpPort}` }
}

/** Whether a server knows a path: not every protocol has to be there. */
export async function knows({ url }: HttpServer, path: string): Promise<boolean> {
  const answer = await fetch(url + path)
  await answer.arrayBuffer()
  return answer.status !== 404
}
