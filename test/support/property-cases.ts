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
