/** Command that runs a script of package.json. npm adds no output of its own. */
export function npmScript(name: string): readonly [string, ...string[]] {
  return ['npm', 'run', '--silent', name];
}
