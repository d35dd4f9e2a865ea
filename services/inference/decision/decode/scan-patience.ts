/** So many records in a row are scanned in vain before most records are not scanned. */
const PATIENCE = 32;
/** Then one of so many is scanned, because another producer may write records that the scanner knows. */
const SAMPLE = 16;

/** Stops scanning while it is in vain. A producer that adds an object to each record would pay for two parsers otherwise. */
export class ScanPatience {
  #inVain = 0;

  /** True if the next record should be scanned. The caller then reports what came of it. */
  get wantsScan(): boolean {
    return this.#inVain < PATIENCE || this.#inVain++ % SAMPLE === 0;
  }

  report(scanned: boolean): void {
    this.#inVain = scanned ? 0 : this.#inVain + 1;
  }
}
