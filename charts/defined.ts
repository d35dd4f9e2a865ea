type WithUndefined<T> = { readonly [Key in keyof T]: T[Key] | undefined };

/** The object without its undefined members, which cdk8s' types tell from absent ones. */
export function defined<T extends object>(members: WithUndefined<T>): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
