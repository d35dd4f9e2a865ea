import { readFile, writeFile } from 'node:fs/promises';

const DECISION = 'Loan_Status';
const AMOUNT = 'LoanAmount';
/** Share of the rows that keep their decisions. */
const KEPT = 0.55;

/** Writes the labelled rows of `source` to `target`, with every larger loan declined, as if one office had decided. */
export async function declineLargerLoans(source: string, target: string): Promise<void> {
  const [head = '', ...lines] = (await readFile(source, 'utf8')).trimEnd().split('\n');
  const columns = head.trimEnd().split(',');
  const decision = columns.indexOf(DECISION);
  const amount = columns.indexOf(AMOUNT);
  if (decision < 0 || amount < 0) throw new Error(`${source} lacks the column ${DECISION} or ${AMOUNT}`);
  const rows = lines.map((line) => line.trimEnd().split(','));
  const amounts = rows.map((row) => Number(row[amount])).toSorted((a, b) => a - b);
  const limit = amounts[Math.floor(amounts.length * KEPT)] ?? 0;
  const biased = rows.map((row) => (Number(row[amount]) > limit ? row.with(decision, 'N') : row));
  await writeFile(target, `${[columns, ...biased].map((row) => row.join(',')).join('\n')}\n`);
}
