/**
 * If so many more scans were in vain than had success, most records are not scanned. A scan in vain costs about what a scan
 * with success saves.
 */
const PATIENCE = 32;
/** Then one of so many is scanned, because another producer may write records that the scanner knows. */
const SAMPLE = 16;

/** Stops scanning while it is in vain. A producer that adds an object to each record would pay for two parsers otherwise. */
export class ScanPatience {
  #inVain = 0;
  #asked = 0;

  /** True if the next record should be scanned. The caller then reports what came of it. */
  get wantsScan(): boolean {
    return this.#inVain < PATIENCE || this.#asked++ % SAMPLE === 0;
  }

  report(scanned: boolean): void {
    this.#inVain = scanned ? Math.max(this.#inVain - 1, 0) : Math.min(this.#inVain + 1, PATIENCE);
  }
}
