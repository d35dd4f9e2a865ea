import type { Model } from '@kubernetes-models/base';
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';

/**
 * An object whose kind another operator defines.
 * @throws if the object breaks that operator's published schema
 */
export function thirdPartyObject(scope: Construct, id: string, model: Model<object>): void {
  model.validate();
  new ApiObject(scope, id, model.toJSON() as ApiObjectProps);
}
