/**
 * Number of generated cases of a property.
 * @param normal in the normal run. `PROPERTY_CASES=100000` asks for a long run of all properties instead.
 */
export function propertyCases(normal: number): number {
  const { PROPERTY_CASES = '' } = process.env;
  if (PROPERTY_CASES === '') return normal;
  const cases = Number(PROPERTY_CASES);
  if (Number.isSafeInteger(cases) && cases > 0) return cases;
  throw new Error(`PROPERTY_CASES is ${PROPERTY_CASES}: it must be a whole number above 0`);
}

const NORMAL_TEST_MILLISECONDS = 60_000;
const MILLISECONDS_PER_CASE = 20;

/** Time that Jest allows the test of a property. A long run takes longer than Jest's default. */
export function propertyMilliseconds(): number {
  return Math.max(NORMAL_TEST_MILLISECONDS, propertyCases(0) * MILLISECONDS_PER_CASE);
}
