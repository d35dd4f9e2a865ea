/** An application that the traffic puts on the stream. */
export interface Application {
  readonly requestId: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Whether the application must be decided, or dead-lettered. */
  readonly expected: 'decision' | 'rejection';
}

const AREAS = ['Urban', 'Semiurban', 'Rural'];
const BAD_EVERY = 40;

/** Fields that replace those of an application. */
export type Variation = Readonly<Record<string, string | number | null>>;

/**
 * The n-th application of a run. Incomes, loans, histories and areas vary, so that two models can differ.
 * Every 40th application is invalid.
 */
export function application(
  run: string,
  index: number,
  keys: number,
  variation: Variation = {},
): Application {
  const requestId = `${run}-${index}`;
  const bad = index % BAD_EVERY === BAD_EVERY - 1;
  const input = {
    Gender: index % 5 === 0 ? 'Female' : 'Male',
    Married: index % 3 === 0 ? 'No' : 'Yes',
    Dependents: ['0', '1', '2', '3+'][index % 4],
    Education: index % 4 === 1 ? 'Not Graduate' : 'Graduate',
    Self_Employed: index % 7 === 0 ? 'Yes' : 'No',
    ApplicantIncome: bad ? -1 : 1_500 + ((index * 379) % 9_000),
    CoapplicantIncome: (index * 211) % 4_000,
    LoanAmount: index % 11 === 0 ? null : 40 + ((index * 53) % 400),
    Loan_Amount_Term: index % 6 === 0 ? 180 : 360,
    Credit_History: index % 13 === 0 ? null : Number(index % 5 !== 2),
    Property_Area: AREAS[index % AREAS.length],
    ...variation,
  };
  return {
    requestId,
    partitionKey: `${run}-applicant-${index % keys}`,
    data: Buffer.from(JSON.stringify({ request_id: requestId, input })),
    expected: bad ? 'rejection' : 'decision',
  };
}
