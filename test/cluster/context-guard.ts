/**
 * Refuses a context that may be production, because the test installs, breaks and deletes objects.
 * @throws Error unless `confirmed` is the name of the context
 */
export function refuseProduction(context: string, confirmed: string | undefined): void {
  const looksReal = /prod/i.test(context) || /^arn:aws[a-z-]*:eks:/.test(context);
  if (!looksReal || confirmed === context) return;
  throw new Error(
    `the kubectl context ${context} looks like production, and this test deletes pods and a namespace: ` +
      `switch the context, or set CONFIRM_CONTEXT=${context}`,
  );
}
