type WithUndefined<T> = { readonly [Key in keyof T]: T[Key] | undefined };

/** The object without its undefined members: cdk8s' types distinguish an undefined member from an absent member. */
export function defined<T extends object>(members: WithUndefined<T>): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
