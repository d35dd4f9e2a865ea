/** The file in which requests wait for the process that uses the lease file. Each line is a request. */
export function editsFileOf(leaseFile: string): string {
  return `${leaseFile}.edits`;
}

/** Requests that a process has taken and not yet answered. A crash leaves this file, and the next process goes on with it. */
export function takenFileOf(leaseFile: string): string {
  return `${editsFileOf(leaseFile)}.taken`;
}

/** The socket on which the process listens that uses the lease file. */
export function lockFileOf(leaseFile: string): string {
  return `${leaseFile}.lock`;
}

/** Exists while a process removes the socket that a crash left. */
export function removalFileOf(leaseFile: string): string {
  return `${lockFileOf(leaseFile)}.removal`;
}

/** The next content, while it is written. */
export function partialFileOf(leaseFile: string): string {
  return `${leaseFile}.partial`;
}

/** The lease file and every file beside it that belongs to it. */
export function filesOf(leaseFile: string): readonly string[] {
  return [
    leaseFile,
    ...[editsFileOf, takenFileOf, lockFileOf, removalFileOf, partialFileOf].map((of) => of(leaseFile)),
  ];
}
