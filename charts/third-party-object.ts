import type { Model } from '@kubernetes-models/base';
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';

/**
 * An object of a kind that somebody else's operator defines.
 * @throws where it breaks that operator's published schema
 */
export function thirdPartyObject(scope: Construct, id: string, model: Model<object>): void {
  model.validate();
  new ApiObject(scope, id, model.toJSON() as ApiObjectProps);
}
