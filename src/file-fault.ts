/** Messages for error codes of the file system. */
const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  EBADF: 'it is not open for reading',
  EISDIR: 'it is a folder',
  ENOTDIR: 'there is no such file',
}

/** Returns the message for an error of reading a file. */
export function fileFault(error: unknown): string {
  const { code = '', message = String(error) } = error as Partial<NodeJS.ErrnoException>
  return FILE_FAULTS[code] ?? message
}
