/** An application that the demo puts on the stream. */
export interface WorkItem {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** `decision`, or the code of the dead letter that must come of it. */
  readonly expected: string;
}

interface Envelope {
  request_id: string;
  input: Record<string, unknown>;
}

interface Variant {
  readonly expected: string;
  readonly write: (envelope: Envelope) => string;
}

const withInput =
  (changes: Record<string, unknown>) =>
  (envelope: Envelope): string =>
    JSON.stringify({ ...envelope, input: { ...envelope.input, ...changes } });

/** Applications of real traffic that are invalid, or that look odd and must be decided. */
const VARIANTS: readonly Variant[] = [
  { expected: 'not_json', write: (envelope) => JSON.stringify(envelope).slice(0, -20) },
  { expected: 'decision', write: withInput({ Loan_Amount_Term: 6 }) },
  { expected: 'invalid_envelope', write: ({ request_id }) => JSON.stringify({ request_id }) },
  { expected: 'decision', write: withInput({ Loan_Amount_Term: 350 }) },
  { expected: 'wrong_type', write: withInput({ LoanAmount: 'a lot' }) },
  { expected: 'decision', write: withInput({ Credit_History: null, Gender: '', LoanAmount: null }) },
  { expected: 'unknown_category', write: withInput({ Property_Area: 'Atlantis' }) },
  { expected: 'decision', write: withInput({ Dependents: 2, Loan_Amount_Term: '360' }) },
  { expected: 'out_of_range', write: withInput({ ApplicantIncome: -1 }) },
];

const EVERY = 25;

/** Every 25th application becomes a variant, each variant in turn. The other applications stay as they are. */
export function workload(lines: readonly string[]): WorkItem[] {
  return lines.map((line, index) => {
    const envelope: Envelope = { ...(JSON.parse(line) as Envelope), request_id: `demo-${index + 1}` };
    const variant = index % EVERY === 0 ? VARIANTS[(index / EVERY) % VARIANTS.length] : undefined;
    return {
      partitionKey: envelope.request_id,
      data: Buffer.from(variant ? variant.write(envelope) : JSON.stringify(envelope)),
      expected: variant?.expected ?? 'decision',
    };
  });
}
