const PROPERTY_AREAS = ['Urban', 'Semiurban', 'Rural'];

/** The application number `index`, with all fields. As a record it has about 300 bytes. */
export function application(index: number) {
  return {
    Gender: index % 4 === 0 ? 'Female' : 'Male',
    Married: index % 3 === 0 ? 'No' : 'Yes',
    Dependents: String(index % 3),
    Education: index % 5 === 0 ? 'Not Graduate' : 'Graduate',
    Self_Employed: index % 7 === 0 ? 'Yes' : 'No',
    ApplicantIncome: 1_500 + ((index * 7_919) % 12_000),
    CoapplicantIncome: (index * 104_729) % 6_000,
    LoanAmount: 40 + ((index * 31) % 400),
    Loan_Amount_Term: 360,
    Credit_History: index % 6 === 0 ? 0 : 1,
    Property_Area: PROPERTY_AREAS[index % 3],
  };
}

/** The application number `index` as a record of the stream. */
export function applicationRecord(index: number): Uint8Array {
  const requestId = `0b6a8f1e-5b9a-4f5c-9d53-${String(index).padStart(12, '0')}`;
  return Buffer.from(JSON.stringify({ input: application(index), request_id: requestId }));
}
