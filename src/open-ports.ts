import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { EngineFault } from './engine/errors.ts'
import type { PlacedPort } from './protocols/protocol.ts'
import type { Address } from './transport/port.ts'

/** The port without which nobody finds the daemon; it is never left out. */
const INDISPENSABLE = 'line'

/**
 * Opens ports and adds their addresses. A default port that is in use is left out with a warning and removed from `ports`; a port that
 * the configuration names, and that of the line protocol, is a fault.
 *
 * @throws {EngineFault} with the reason of the operating system
 */
export async function openPorts(
  ports: PlacedPort[],
  addresses: Map<string, Address>,
  { host, given }: Pick<Config, 'host' | 'given'>,
  log: Logger,
): Promise<void> {
  for (const placed of [...ports]) {
    const { port, number } = placed
    const { name } = port
    try {
      const address = await port.listen(host, number)
      addresses.set(name, address)
      log.info({ protocol: name, ...address }, 'listening')
    } catch (error) {
      const fault = new EngineFault(whyNot(error, host, name))
      const isDispensable = name !== INDISPENSABLE && !given.has(name)
      if (!isDispensable || codeOf(error) !== 'EADDRINUSE') throw fault
      ports.splice(ports.indexOf(placed), 1)
      await port.stop()
      log.warn(
        { protocol: name, host, port: number },
        `default port in use: ${name} is left out; choose another port with --${name} PORT, or --no-${name} for none`,
      )
      if (ports.length === 0) throw fault
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

function whyNot(error: unknown, host: string, option: string): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use; --${option} PORT chooses another; is roomd running already?`
  if (code === 'EACCES') return `port ${port} on ${host} needs more permissions`
  if (code === 'EADDRNOTAVAIL') return `${host} is not an address of this machine`
  if (code === 'ENOTFOUND') return `--host ${host} is not known`
  return error.message
}
