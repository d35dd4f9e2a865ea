/** Prints the steps of long work on standard error, each with the time since the start. */
export class Progress {
  readonly #start = performance.now();

  say(message: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1);
    console.error(`[${seconds.padStart(6)} s] ${message}`);
  }
}
