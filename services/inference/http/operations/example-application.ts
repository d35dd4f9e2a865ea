/** The application that the docs show and `make e2e` sends. */
export const EXAMPLE_APPLICATION = {
  input: {
    Gender: 'Male',
    Married: 'Yes',
    Dependents: '2',
    Education: 'Graduate',
    Self_Employed: 'No',
    ApplicantIncome: 5000,
    CoapplicantIncome: 2500,
    LoanAmount: 200,
    Loan_Amount_Term: 360,
    Credit_History: 1,
    Property_Area: 'Urban',
  },
  request_id: '12345',
} as const;

/** The digest that the docs show. */
export const EXAMPLE_DIGEST = `sha256:${'4'.repeat(64)}`;
