/** Why a file cannot be read, in words. Undefined for an error that is not about the file itself. */
export function fileReason({ code }: NodeJS.ErrnoException): string | undefined {
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'you may not read this file';
    case 'EISDIR':
      return 'this is a directory; give a file';
    default:
      return undefined;
  }
}
