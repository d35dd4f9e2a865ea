import type { Place, Right } from '../../../infrastructure/permissions.ts';
import { type PolicyDocument, policyDocumentSchema } from './policy-document.ts';

/** The policy that consists of these rows, written here once more: the access stack must come to the same. */
export function tablePolicy(rights: readonly Right[], place: Place): PolicyDocument {
  return policyDocumentSchema.parse({
    Version: '2012-10-17',
    Statement: rights.map(({ actions, resources, conditions }) => ({
      Effect: 'Allow',
      Action: [...actions],
      Resource: [...resources(place)],
      ...(conditions ? { Condition: conditions(place) } : {}),
    })),
  });
}

/** Every policy that lacks one thing of these rows: a row, an action, a resource or a value of a condition. */
export function smallerRights(
  rights: readonly Right[],
  place: Place,
): { readonly without: string; readonly rights: readonly Right[] }[] {
  return rights.flatMap((right, index) =>
    smaller(right, place).map(({ without, right: less }) => ({
      without: `${right.on}: ${without}`,
      rights: less === undefined ? rights.toSpliced(index, 1) : rights.toSpliced(index, 1, less),
    })),
  );
}

function smaller(
  right: Right,
  place: Place,
): { readonly without: string; readonly right: Right | undefined }[] {
  const resources = right.resources(place);
  const conditions = Object.entries(right.conditions?.(place) ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, values: [value].flat() })),
  );
  return [
    { without: 'the row', right: undefined },
    ...others(right.actions).map(([without, actions]) => ({ without, right: { ...right, actions } })),
    ...others(resources).map(([without, rest]) => ({ without, right: { ...right, resources: () => rest } })),
    ...conditions.flatMap(({ operator, key, values }) =>
      others(values).map(([without, rest]) => ({
        without: `${key} ${without}`,
        right: { ...right, conditions: () => ({ [operator]: { [key]: rest } }) },
      })),
    ),
  ];
}

/** Each item with the others. Nothing for a single item: without it the row is void. */
function others<Item extends string>(items: readonly Item[]): [Item, Item[]][] {
  return items.length < 2 ? [] : items.map((item, index) => [item, items.toSpliced(index, 1)]);
}
