import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import split2 from 'split2'
import { expect, onTestFinished, test } from 'vitest'
import { loadCertificate } from '../../src/certificate.ts'
import { ConfigError } from '../../src/config.ts'
import { makeCertificate } from '../support/certificate.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

const OWN = { 'tls-cert': undefined, 'tls-key': undefined }

function folder(): string {
  const path = temporaryFolder()
  return path
}

function roomd(...args: string[]): RoomdProcess {
  const daemon = new RoomdProcess(['--no-line', '--line-tls', '0', ...args])
  onTestFinished(() => {
    daemon.child.kill('SIGKILL')
  })
  return daemon
}

/** A client over TLS that has shaken hands. */
async function shakeHands(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ...options })
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'secureConnect')
  return socket
}

async function fingerprintAt(port: number): Promise<string> {
  const socket = await shakeHands(port, { rejectUnauthorized: false })
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('a first run makes a certificate, a later one uses it, and a client can trust it', async () => {
  const data = join(folder(), 'data')
  const first = roomd('--data', data)
  const port = await first.ready('line-tls')
  const made = await first.logged('certificate made')
  const pem = readFileSync(join(data, 'cert.pem'))
  const certificate = new X509Certificate(pem)
  expect(made).toMatchObject({ file: join(data, 'cert.pem'), sha256: certificate.fingerprint256 })
  expect(statSync(join(data, 'key.pem')).mode & 0o777).toBe(0o600)
  const socket = await shakeHands(port, { ca: pem, servername: 'localhost' })
  expect(socket.authorized).toBe(true)
  socket.destroy()
  first.child.kill('SIGTERM')
  expect(await first.exit).toMatchObject({ status: 0, stderr: '' })

  const second = roomd('--data', data)
  expect(await fingerprintAt(await second.ready('line-tls'))).toBe(certificate.fingerprint256)
  expect(await second.logged('certificate read')).toMatchObject({ sha256: certificate.fingerprint256 })
})

test('it is for this machine, for ten years, and an authority of its own', async () => {
  const { cert, key } = await loadCertificate({ ...OWN, data: folder() })
  const certificate = new X509Certificate(cert)
  expect(certificate.subjectAltName?.split(', ')).toEqual(
    expect.arrayContaining(['DNS:localhost', `DNS:${hostname()}`, 'IP Address:127.0.0.1']),
  )
  expect(certificate.ca).toBe(true)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.signatureAlgorithm).toBe('ecdsa-with-SHA256')
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
  const years = (Date.parse(certificate.validTo) - Date.now()) / (365 * 86_400_000)
  expect(years).toBeCloseTo(10, 1)
})

test('without a data folder it is kept in memory; without a TLS listener there is none', async () => {
  const { file, made } = await loadCertificate({ ...OWN, data: ':memory:' })
  expect({ file, made }).toEqual({ file: undefined, made: true })
  const data = folder()
  const daemon = await startTestDaemon({ ...OWN, data })
  await daemon.stop()
  expect(existsSync(join(data, 'cert.pem'))).toBe(false)
})

test('one that cannot be used is named in one line', async () => {
  const [one, other] = [makeCertificate(), makeCertificate()]
  const nonsense = join(folder(), 'nonsense')
  writeFileSync(nonsense, 'nonsense\n')
  const load = (certFile: string, keyFile: string) =>
    loadCertificate({ data: ':memory:', 'tls-cert': certFile, 'tls-key': keyFile })
  const cases = [
    [one.certFile, other.keyFile, `${other.keyFile} is not the key of ${one.certFile}`],
    [nonsense, one.keyFile, `${nonsense} is not a certificate: `],
    [one.certFile, nonsense, `${nonsense} is not a private key without a password: `],
    [one.certFile, join(nonsense, 'x'), 'cannot read the certificate: ENOTDIR'],
  ] as const
  for (const [certFile, keyFile, text] of cases) {
    const error: unknown = await load(certFile, keyFile).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toContain(text)
    expect(String(error)).not.toContain('\n')
  }
  const { status, stderr } = await roomd('--data', ':memory:', '--tls-cert', one.certFile, '--tls-key', other.keyFile)
    .exit
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `roomd: ${other.keyFile} is not the key of ${one.certFile}\n`,
  })
})

test('half of a pair in the data folder is not written over', async () => {
  const data = folder()
  await loadCertificate({ ...OWN, data })
  const read = (name: string) => readFileSync(join(data, name))
  const [cert, key] = [read('cert.pem'), read('key.pem')]
  rmSync(join(data, 'key.pem'))
  await expect(loadCertificate({ ...OWN, data })).rejects.toThrow(ConfigError)
  expect(read('cert.pem')).toEqual(cert)
  writeFileSync(join(data, 'key.pem'), key)
  expect(await loadCertificate({ ...OWN, data })).toMatchObject({ cert, made: false })
})

test('several first runs at once, in one folder, have one certificate', async () => {
  const data = join(folder(), 'data')
  const loaded = await Promise.all(Array.from({ length: 8 }, () => loadCertificate({ ...OWN, data })))
  expect(new Set(loaded.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  expect(loaded.filter(({ made }) => made)).toHaveLength(1)
  expect(readdirSync(data).sort()).toEqual(['cert.pem', 'key.pem'])
})

test('a first run that was interrupted behind the key goes on with it', async () => {
  const data = folder()
  const { key, fingerprint } = await loadCertificate({ ...OWN, data })
  rmSync(join(data, 'cert.pem'))
  const again = await loadCertificate({ ...OWN, data })
  expect(again).toMatchObject({ key, made: true })
  expect(again.fingerprint).not.toBe(fingerprint)
})

test('a key alone that cannot be used is put aside', async () => {
  const data = folder()
  writeFileSync(join(data, 'key.pem'), 'half a key')
  expect(await loadCertificate({ ...OWN, data })).toMatchObject({ made: true })
  expect(readFileSync(join(data, 'key.pem.old'), 'utf8')).toBe('half a key')
  expect(await loadCertificate({ ...OWN, data })).toMatchObject({ made: false })
})

test('reading the certificate again makes none', async () => {
  const data = folder()
  await expect(loadCertificate({ ...OWN, data }, false)).rejects.toThrow(ConfigError)
})

test('SIGHUP replaces the certificate for those who come, and a bad one not at all; a session goes on', async () => {
  const path = folder()
  const [certFile, keyFile] = [join(path, 'cert'), join(path, 'key')]
  const install = (pair: { certFile: string; keyFile: string }) => {
    copyFileSync(pair.certFile, certFile)
    copyFileSync(pair.keyFile, keyFile)
    return new X509Certificate(readFileSync(certFile)).fingerprint256
  }
  const old = install(makeCertificate())
  const daemon = roomd('--data', ':memory:', '--tls-cert', certFile, '--tls-key', keyFile)
  const port = await daemon.ready('line-tls')
  expect(await fingerprintAt(port)).toBe(old)
  const session = await shakeHands(port, { rejectUnauthorized: false })
  const replies = session.pipe(split2(JSON.parse))
  const ask = async (line: string) => {
    session.write(`${line}\n`)
    return (await once(replies, 'data'))[0]
  }
  await ask('LOGIN ann')

  const renewed = install(makeCertificate())
  daemon.child.kill('SIGHUP')
  expect(await daemon.logged('certificate replaced')).toMatchObject({ sha256: renewed })
  expect(await fingerprintAt(port)).toBe(renewed)
  expect(await ask('/ping 1')).toMatchObject({ result: 'PONG 1' })

  writeFileSync(certFile, 'nonsense')
  daemon.child.kill('SIGHUP')
  await daemon.logged('invalid certificate; the old one stays in use')
  expect(await fingerprintAt(port)).toBe(renewed)
  expect(await ask('/ping 2')).toMatchObject({ result: 'PONG 2' })
})

test('a pipe that nobody writes to, or a device without an end, stays out, and holds up neither later reloads nor the stop', async () => {
  const path = folder()
  const [certFile, keyFile] = [join(path, 'cert'), join(path, 'key')]
  const pair = makeCertificate()
  copyFileSync(pair.certFile, certFile)
  copyFileSync(pair.keyFile, keyFile)
  const daemon = roomd('--data', ':memory:', '--tls-cert', certFile, '--tls-key', keyFile)
  await daemon.ready('line-tls')
  for (const special of ['/dev/zero', 'pipe']) {
    const before = daemon.log.length
    rmSync(keyFile)
    if (special === 'pipe') execFileSync('mkfifo', [keyFile])
    else symlinkSync(special, keyFile)
    daemon.child.kill('SIGHUP')
    const complaint = special === 'pipe' ? 'is a pipe that is not written to its end' : 'has more than 1048576 bytes'
    const { err } = await daemon.logged('invalid certificate; the old one stays in use', before)
    expect(err).toMatchObject({ message: `cannot read the certificate: ${keyFile} ${complaint}` })
  }
  rmSync(keyFile)
  copyFileSync(pair.keyFile, keyFile)
  daemon.child.kill('SIGHUP')
  await daemon.logged('certificate replaced')
  rmSync(keyFile)
  execFileSync('mkfifo', [keyFile])
  daemon.child.kill('SIGHUP')
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
})

test('a key may come from a pipe, also before its writer', async () => {
  const { certFile, keyFile } = makeCertificate()
  const pipe = join(folder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const loaded = loadCertificate({ data: ':memory:', 'tls-cert': certFile, 'tls-key': pipe })
  await writeFile(pipe, readFileSync(keyFile))
  expect((await loaded).key).toEqual(readFileSync(keyFile))
})

test('TLS below 1.2 is refused, also with a new certificate', async () => {
  const daemon = roomd('--data', folder())
  const port = await daemon.ready('line-tls')
  const old: ConnectionOptions = {
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    // What OpenSSL needs to offer it at all.
    ciphers: 'ALL:@SECLEVEL=0',
  }
  const refusal = { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' }
  await expect(shakeHands(port, old)).rejects.toMatchObject(refusal)
  daemon.child.kill('SIGHUP')
  await daemon.logged('certificate replaced')
  await expect(shakeHands(port, old)).rejects.toMatchObject(refusal)
  await shakeHands(port, { rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
})

test('SIGHUP to a daemon that is still loading does not end it', async () => {
  const early = "process.on('newListener', (name) => { if (name === 'SIGUSR1') process.kill(process.pid, 'SIGHUP') })"
  const preload = `--import=data:text/javascript,${encodeURIComponent(early)}`
  const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${preload}`
  const daemon = new RoomdProcess(['--line', '0', '--data', ':memory:'], { NODE_OPTIONS })
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  await daemon.ready()
})

test.skipIf(process.getuid?.() !== 0)(
  'key and certificate that root makes belong to the owner of the folder',
  async () => {
    const data = folder()
    chownSync(data, 65534, 65534)
    await roomd('--data', data).ready('line-tls')
    for (const file of ['key.pem', 'cert.pem', 'roomd.db'])
      expect(statSync(join(data, file))).toMatchObject({ uid: 65534, gid: 65534 })
  },
)
