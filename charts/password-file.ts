/**
 * Shell commands that write the password file of libpq from a file of a Secret. libpq ignores a password file that others
 * than its owner may read, and Kubernetes gives the files of a Secret to the group of the pod. A colon or a backslash of
 * the password is escaped, as libpq demands. A line feed at the end is no part of the password.
 * @param from path, or a shell variable that holds one
 * @param to as `from`
 */
export function writePasswordFile(from: string, to: string): string {
  return `
password=$(LC_ALL=C sed 's/[\\\\:]/\\\\&/g' "${from}")
if [ -z "$password" ] || [ "$(printf '%s' "$password" | wc -l)" -ne 0 ]; then
  echo "${from}: must hold the password of the database in one line. Mend the Secret that is mounted there" >&2
  exit 1
fi
(umask 077; printf '*:*:*:*:%s\\n' "$password" > "${to}")
unset password
`.trim();
}
