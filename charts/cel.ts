/** Parts of expressions in the Common Expression Language, which admission policies are written in. */

/** What the API server itself changes in the metadata of an object. */
const SERVER_FIELDS = ['managedFields', 'resourceVersion', 'generation'];

/** Holds if two maps are equal, except in some fields. */
export function equalExcept(is: string, was: string, fields: readonly string[]): string {
  const except = `key in ${list(fields)}`;
  const known = `${except} || (key in ${was} && ${is}[key] == ${was}[key])`;
  return `${is}.all(key, ${known}) && ${was}.all(key, ${except} || key in ${is})`;
}

/** Holds if a write changes nothing of the metadata, except some fields. An owner that does not exist deletes an object. */
export function sameMetadata(except: readonly string[] = []): string {
  return equalExcept('object.metadata', 'oldObject.metadata', [...SERVER_FIELDS, ...except]);
}

/** Holds if an object has neither owners nor finalizers. */
export function isFree(metadata: string): string {
  return ['ownerReferences', 'finalizers']
    .map((field) => `size(${metadata}.?${field}.orValue([])) == 0`)
    .join(' && ');
}

/** A list of strings. */
export function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

/** A string. */
export function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
