import { Construct } from 'constructs';
import { SERVING_GROUP } from '../services/shared/agreements/kubernetes-names.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY_PREFIX,
} from '../services/shared/agreements/request-annotations.ts';
import { PLURAL, VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { list, text } from './cel.ts';

/**
 * Who sets, changes or removes a request must name itself beside it, so that the record can say who asked. The API server
 * knows the user of a write, and the operator sees only the object.
 */
export class RequestPolicy extends Construct {
  constructor(scope: Construct) {
    super(scope, 'requests');
    const requests = list(
      Object.values(REQUEST_ANNOTATIONS).map((key) => key.slice(SERVING_GROUP.length + 1)),
    );
    const request = `${text(`${SERVING_GROUP}/`)} + name`;
    const by = `${text(`${SERVING_GROUP}/${REQUESTED_BY_PREFIX}`)} + name`;
    const isOwn = `variables.is[?${by}].orValue('') == request.userInfo.username`;
    const isSame = `variables.is[?${request}] == variables.was[?${request}]`;
    const isOver = `!((${by}) in variables.is) && !((${request}) in variables.is)`;
    const abort = text(REQUEST_ANNOTATIONS.abort);
    const isAbort = `variables.is[?${abort}].orValue('0').matches('^[0-9]{1,20}([^0-9]|$)')`;
    const author = `${SERVING_GROUP}/${REQUESTED_BY_PREFIX}`;
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
        [`whoever changes a request must set the annotation ${author}REQUEST, for example ${author}retry, to the own user name, which \`kubectl auth whoami\` shows; \`kubectl mdep\` sets both`]: `${requests}.all(name, ${isSame} || ${isOwn})`,
        // Without the request there is nothing that somebody asked for.
        [`an annotation ${author}REQUEST changes only with its request, may name nobody but the user who changes that, and stays while the request is there`]: `${requests}.all(name, variables.is[?${by}] == variables.was[?${by}] || !(${isSame}) || ${isOver})`,
        [`the annotation ${REQUEST_ANNOTATIONS.abort} must begin with the version to give up, such as "7: complaints"`]: `variables.is[?${abort}] == variables.was[?${abort}] || ${isAbort}`,
      },
    });
  }
}
