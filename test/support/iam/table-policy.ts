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

export interface SmallerRights {
  /** What these rights lack. */
  readonly without: string;
  readonly rights: readonly Right[];
}

/** Every table that lacks one thing of these rows: an action on a resource, or a value of a condition. */
export function smallerRights(rights: readonly Right[], place: Place): SmallerRights[] {
  return rights.flatMap((right, index) =>
    [...withoutPair(right, place), ...withoutValue(right, place)].map(({ without, rights: less }) => ({
      without: `${right.on}: ${without}`,
      rights: rights.toSpliced(index, 1, ...less),
    })),
  );
}

function withoutPair(right: Right, place: Place): SmallerRights[] {
  const resources = right.resources(place);
  return right.actions.flatMap((action) =>
    resources.map((resource) => ({
      without: `${action} on ${resource}`,
      rights: [
        { ...right, actions: right.actions.filter((it) => it !== action) },
        { ...right, actions: [action], resources: () => resources.filter((it) => it !== resource) },
      ].filter(({ actions, resources: rest }) => actions.length > 0 && rest(place).length > 0),
    })),
  );
}

function withoutValue(right: Right, place: Place): SmallerRights[] {
  return Object.entries(right.conditions?.(place) ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, value]) => {
      const values = [value].flat();
      return values.map((left) => {
        const rest = values.filter((it) => it !== left);
        const conditions = () => ({ [operator]: { [key]: rest } });
        return { without: `${key} ${left}`, rights: rest.length > 0 ? [{ ...right, conditions }] : [] };
      });
    }),
  );
}
