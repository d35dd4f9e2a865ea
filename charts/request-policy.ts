import { Construct } from 'constructs';
import { SERVING_GROUP } from '../services/shared/agreements/kubernetes-names.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY_ANNOTATION,
} from '../services/shared/agreements/request-annotations.ts';
import { PLURAL, VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { list, text } from './cel.ts';

/**
 * Who sets, changes or removes a request must name itself, so that the record can say who asked. The API server knows the
 * user of a write, and the operator sees only the object.
 */
export class RequestPolicy extends Construct {
  constructor(scope: Construct) {
    super(scope, 'requests');
    const requests = list(Object.values(REQUEST_ANNOTATIONS));
    const by = text(REQUESTED_BY_ANNOTATION);
    const isOwn = `variables.is[?${by}].orValue('') == request.userInfo.username`;
    new AdmissionPolicy(this, 'loan-eligibility-requests', {
      rule: {
        apiGroups: [SERVING_GROUP],
        apiVersions: [VERSION],
        resources: [PLURAL],
        operations: ['CREATE', 'UPDATE'],
      },
      variables: {
        is: 'object.metadata.?annotations.orValue({})',
        was: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})',
      },
      validations: {
        [`whoever changes a request must set the annotation ${REQUESTED_BY_ANNOTATION} to the own user name, which \`kubectl auth whoami\` shows; \`kubectl mdep\` sets both`]: `!${requests}.exists(key, variables.is[?key] != variables.was[?key]) || ${isOwn}`,
        // Without any request there is nothing that somebody asked for.
        [`the annotation ${REQUESTED_BY_ANNOTATION} may name nobody but the user who writes it, and stays while there is a request`]: `variables.is[?${by}] == variables.was[?${by}] || ${isOwn} || !(${by} in variables.is) && !${requests}.exists(key, key in variables.is)`,
      },
    });
  }
}
