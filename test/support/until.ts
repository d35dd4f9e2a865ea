/** Resolves as soon as `holds` gives true. @throws Error that names `what`, after the time-out */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMilliseconds = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMilliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMilliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
